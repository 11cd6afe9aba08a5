"""System-aware merge (GEPA, appendix on merging): what two lineages changed since their common ancestor, in one."""

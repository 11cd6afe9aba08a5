"""Where code that is not trusted runs: one file per kind of sandbox, found by name."""

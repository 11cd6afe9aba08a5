"""What a run leaves behind: an append-only journal of facts and decisions, and how to read it back."""

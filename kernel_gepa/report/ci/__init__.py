"""What a check in CI leaves behind: for machines, for people, for those who look again."""

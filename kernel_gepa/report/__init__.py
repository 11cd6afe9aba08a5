"""What people and machines are told of a run. Everything here is derived from records; nothing is measured."""

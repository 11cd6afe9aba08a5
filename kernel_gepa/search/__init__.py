"""The search: pure decisions over a pool. It reads no clock, no file and no model of its own."""

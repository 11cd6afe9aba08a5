"""KernelBench: its problems from a checkout, a folder or its data set, and the files that its scripts read."""

"""Sweeps over KernelBench-form problems: one search for each, one budget, one pool of lessons, KernelBench's files."""

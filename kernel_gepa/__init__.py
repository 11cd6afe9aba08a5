"""kernel-gepa makes compute kernels faster: reflective Pareto evolution judged by a bench whose numbers hold."""

__version__ = "0.1.0"

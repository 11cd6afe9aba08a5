"""Rewrites of C++ kernels that need no model: one small file per rewrite, and the proposer that draws among them.

A rewrite need not be right everywhere: what it breaks is caught by the bench like any other candidate.
"""

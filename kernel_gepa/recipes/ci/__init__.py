"""What `kernel-gepa ci` runs: kernels of two revisions or of two compilers beside each other, and budgeted searches."""

"""GPUs without a GPU: what is known of their kinds, and what compilers and disassemblers say of a kernel."""

"""AMD's AI engine: kernels in C++ with the AIE API, on an emulator that runs anywhere.

toolchain  the compiler, and what is built once     screen    what a kernel may not say
emulator   builds and runs, in a sandbox            counting  scalar instructions, exactly
estimate   cycles, always called estimated          faults    what no right answer excuses
"""

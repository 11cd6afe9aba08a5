"""NPUEval: kernels for AMD's AI engines. Its data set, its solutions and results, and two rules of what is right.

rows     one line of the data set as a record      verdicts  the official rule, and the strict one
files    solutions in, results out                 draws     fresh inputs that are like the given ones
"""

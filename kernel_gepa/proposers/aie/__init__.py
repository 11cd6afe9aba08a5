"""Rewrites for the AI engine: scalar loops to vector form, and what makes vector loops faster.

lanes      the small class that vector code is written with      linear     what a subscript says
vectorise  a loop over elements becomes one over vectors          catalogue  all rewrites, and their priors
"""

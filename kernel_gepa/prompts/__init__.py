"""What models are asked with, and how their answers are read: fixed frames in `.md` files, into which values are put.

`start_*.md` are no frames: they are the texts that an evolution of prompts starts from.
"""

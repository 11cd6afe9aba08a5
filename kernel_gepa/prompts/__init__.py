"""The texts that models are asked with: fixed frames in `.md` files, into which values are put."""

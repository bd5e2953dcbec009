"""PyTorch's rules where NumPy's differ: dtypes, indexing, printing, errors, storage, and what is not here."""

"""Inputs made by chance, from a seed: a small sample in the quick tests, more in `make fuzz`."""

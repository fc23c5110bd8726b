"""Inputs made by chance, from a seed: a small sample in the quick tests, and as many as ten minutes allow in `make fuzz`."""

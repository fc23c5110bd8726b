"""UCLA ECE C147/C247: its package ``nndl``, which shares its name with this library."""

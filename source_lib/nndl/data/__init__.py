"""Data sets: where they come from and how they are read. Import the public names from `nndl.data_utils`."""

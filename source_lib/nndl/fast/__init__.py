"""Two implementations of ``nndl.fast_layers``: Cython kernels, if they are built, and NumPy."""

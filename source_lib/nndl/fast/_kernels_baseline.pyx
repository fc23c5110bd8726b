# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The kernels, compiled for any processor of the platform."""

cdef bint NEEDS_AVX2 = False

include "kernels.pxi"

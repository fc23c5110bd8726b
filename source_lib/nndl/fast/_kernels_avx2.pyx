# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The kernels, compiled with AVX2 and FMA instructions."""

cdef bint NEEDS_AVX2 = True

include "kernels.pxi"

/* The innermost loops of convolution, pooling and Adam, once for float and once for double.
 *
 * A "vector" here is as many numbers as the processor handles in one instruction: 32 bytes with AVX2, 16 bytes on any
 * other machine. gcc and clang let C code add and multiply such vectors with plain + and *; no intrinsics are needed.
 */
#ifndef NNDL_MICROKERNELS_H
#define NNDL_MICROKERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#ifdef __AVX2__
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* Inlined into a large function, the loops below would share its registers and lose some of them. */
#define MICROKERNEL static __attribute__((noinline)) void

/* correlate: 4 filters x 3 vectors of output positions; weight_gradient: 2 vectors of filters x 6 taps. Either way 12
 * accumulators, and with the operands they fill the 16 vector registers of x86-64. */
enum { FILTERS = 4, VECTORS = 3, FILTER_VECTORS = 2, TAPS = 6 };

#define REAL float
#define INTEGER int32_t
#define NAME(function) function##_float
#define SQRT sqrtf
#include "microkernels_body.h"
#undef REAL
#undef INTEGER
#undef NAME
#undef SQRT

#define REAL double
#define INTEGER int64_t
#define NAME(function) function##_double
#define SQRT sqrt
#include "microkernels_body.h"
#undef REAL
#undef INTEGER
#undef NAME
#undef SQRT

/* How many threads OpenMP would use now; follows OMP_NUM_THREADS and threadpoolctl. One without OpenMP. */
static int available_threads(void)
{
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* Whether this processor can run the AVX2 build. */
static int has_avx2(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}

#endif

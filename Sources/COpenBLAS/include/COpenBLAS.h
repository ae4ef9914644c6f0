#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <stdint.h>

#include "COFactorizations.h"

// OpenBLAS, opened when it is first needed.
//
// It is not linked: starting it costs tens of milliseconds, which commands that only read headers must
// not pay, and Debian's build picks old kernels on processors it does not know by name. The kernel family
// is read from the environment while the library starts, so it has to be chosen before.

// Opens the library, once, with the newest kernel family that the processor can run, unless OPENBLAS_CORETYPE is
// set, and with one thread: who calls it shares the work out, so that results do not depend on how many
// threads there are. Returns NULL, or why it cannot be used. Any thread may call it.
const char *cob_open(void);

// The kernel family in use, as OpenBLAS names it; NULL before cob_open.
const char *cob_core(void);

// Its release and how it was built, in its own words; NULL before cob_open.
const char *cob_config(void);

// C = alpha * op(A) * op(B) + beta * C, row-major; op transposes where the flag is not 0. op(A) is [m, k],
// op(B) is [k, n], C is [m, n]; the leading dimensions are the distances between stored rows.
void cob_sgemm(int transA, int transB, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, float beta, float *c, int ldc);

#endif

#ifndef COFACTORIZATIONS_H
#define COFACTORIZATIONS_H

// Products and factorisations in float64, by OpenBLAS and the LAPACK in it.
//
// LAPACK is called by its Fortran symbols with 32-bit integers: Debian's OpenBLAS has no LAPACKE. A symmetric
// matrix reads the same by rows and by columns; where it matters, what lies column-major is said.

// cob_open, and the functions below too. Returns NULL, or why they cannot be used. Any thread may call it.
const char *cob_open_factorizations(void);

// C = alpha * op(A) * op(B) + beta * C as cob_sgemm, in float64.
void cob_dgemm(int transA, int transB, int m, int n, int k, double alpha, const double *a, int lda,
               const double *b, int ldb, double beta, double *c, int ldc);

// Adds alpha * Aᵀ * A to the lower triangle, row-major, of C [n, n]; A is [k, n]. Both are packed.
void cob_dsyrk(int n, int k, double alpha, const double *a, double *c);

// Each of the following returns LAPACK's info: 0, or what it could not do. `work` of size -1 asks for the sizes,
// which are put into work[0] and iwork[0].

// Eigenvalues w, ascending, of the symmetric A [n, n], whose lower triangle, row-major, is read; A becomes the
// eigenvectors, one a row.
int cob_dsyevd(int n, double *a, double *w, double *work, int workCount, int *iwork, int iworkCount);

// A = U diag(s) V of the [m, n] matrix A, column-major, which is destroyed; U is [m, r] and V is [r, n], both
// column-major, r = min(m, n); iwork has 8 r places.
int cob_dgesdd(int m, int n, double *a, double *s, double *u, double *v, double *work, int workCount,
               int *iwork);

#endif

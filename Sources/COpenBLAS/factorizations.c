#include "COpenBLAS.h"
#include "symbols.h"

#include <pthread.h>
#include <stddef.h>

enum { rowMajor = 101, noTranspose = 111, transpose = 112, lower = 122 };

// Fortran passes everything by address, and the lengths of strings behind the arguments.
static void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *, int, double,
                     double *, int);
static void (*dsyrk)(int, int, int, int, int, double, const double *, int, double, double *, int);
static void (*dsyevd)(const char *, const char *, const int *, double *, const int *, double *, double *,
                      const int *, int *, const int *, int *, size_t, size_t);
static void (*dgesdd)(const char *, const int *, const int *, double *, const int *, double *, double *,
                      const int *, double *, const int *, double *, const int *, int *, int *, size_t);

static const char *missing;

static void find_functions(void) {
  if (!(dgemm = cob_symbol("cblas_dgemm"))) missing = "it lacks cblas_dgemm";
  if (!(dsyrk = cob_symbol("cblas_dsyrk"))) missing = "it lacks cblas_dsyrk";
  if (!(dsyevd = cob_symbol("dsyevd_"))) missing = "it lacks dsyevd_";
  if (!(dgesdd = cob_symbol("dgesdd_"))) missing = "it lacks dgesdd_";
}

const char *cob_open_factorizations(void) {
  const char *problem = cob_open();
  if (problem) return problem;
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_functions);
  return missing;
}

void cob_dgemm(int transA, int transB, int m, int n, int k, double alpha, const double *a, int lda,
               const double *b, int ldb, double beta, double *c, int ldc) {
  dgemm(rowMajor, transA ? transpose : noTranspose, transB ? transpose : noTranspose, m, n, k, alpha, a,
        lda, b, ldb, beta, c, ldc);
}

void cob_dsyrk(int n, int k, double alpha, const double *a, double *c) {
  dsyrk(rowMajor, lower, transpose, n, k, alpha, a, n, 1, c, n);
}

// The lower triangle by rows is the upper one by columns.

int cob_dsyevd(int n, double *a, double *w, double *work, int workCount, int *iwork, int iworkCount) {
  int info = 0;
  dsyevd("V", "U", &n, a, &n, w, work, &workCount, iwork, &iworkCount, &info, 1, 1);
  return info;
}

int cob_dgesdd(int m, int n, double *a, double *s, double *u, double *v, double *work, int workCount,
               int *iwork) {
  int info = 0;
  int rank = m < n ? m : n;
  dgesdd("S", &m, &n, a, &m, s, u, &m, v, &rank, work, &workCount, iwork, &info, 1);
  return info;
}

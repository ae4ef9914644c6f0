#include "COpenBLAS.h"
#include "symbols.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { rowMajor = 101, noTranspose = 111, transpose = 112 };

typedef void (*sgemm_function)(int, int, int, int, int, int, float, const float *, int, const float *,
                               int, float, float *, int);

static void *library;
static sgemm_function sgemm;
static char *(*corename)(void), *(*config)(void);

// Debian's build does not know processors newer than itself by name and falls back to old kernels.
static const char *newest(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2")) return "Haswell";
#endif
  return NULL;
}

void *cob_symbol(const char *name) { return library ? dlsym(library, name) : NULL; }

static char problem[256];

static void open_library(void) {
  if (newest()) setenv("OPENBLAS_CORETYPE", newest(), 0);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  static const char *names[] = {"libopenblas.so.0", "libopenblas.so"};
  void *handle = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && !handle; i++)
    handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *text = dlerror();
    snprintf(problem, sizeof problem, "%s", text ? text : "it cannot be opened");
    return;
  }
  sgemm = (sgemm_function)dlsym(handle, "cblas_sgemm");
  corename = (char *(*)(void))dlsym(handle, "openblas_get_corename");
  config = (char *(*)(void))dlsym(handle, "openblas_get_config");
  if (sgemm)
    library = handle;
  else
    snprintf(problem, sizeof problem, "it lacks cblas_sgemm");
}

const char *cob_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return library ? NULL : problem;
}

const char *cob_core(void) { return library && corename ? corename() : NULL; }

const char *cob_config(void) { return library && config ? config() : NULL; }

void cob_sgemm(int transA, int transB, int m, int n, int k, float alpha, const float *a, int lda,
               const float *b, int ldb, float beta, float *c, int ldc) {
  sgemm(rowMajor, transA ? transpose : noTranspose, transB ? transpose : noTranspose, m, n, k, alpha, a,
        lda, b, ldb, beta, c, ldc);
}

#include "elementwise.h"

#include "CKernels.h"

const ck_elementwise *ck_elementwise_at(int level) {
#if defined(__x86_64__)
  if (level > (int)ck_level()) level = (int)ck_level();
  if (level >= CK_AVX512) return &ck_elementwise_avx512;
  // Every processor with AVX2 that was ever sold has FMA too, but nothing promises it.
  if (level >= CK_AVX2 && __builtin_cpu_supports("fma")) return &ck_elementwise_avx2;
#endif
  return &ck_elementwise_scalar;
}

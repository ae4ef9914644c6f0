#include "CKernels.h"

ck_instructions ck_level(void) {
#if defined(__x86_64__)
  // The runtime's table behind these is filled once, before main; each check is a load and a test.
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("f16c")
      || !__builtin_cpu_supports("pclmul"))
    return CK_SCALAR;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("vpclmulqdq"))
    return CK_AVX512;
  return CK_AVX2;
#else
  return CK_SCALAR;
#endif
}

#include "elementwise.h"

#if defined(__x86_64__)

#define LANES 8
#define KERNELS ck_elementwise_avx2

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "elementwise_vector.h"
#pragma clang attribute pop

#endif

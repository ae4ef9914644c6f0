#include "CKernels.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

// Unaligned loads and stores through memcpy; the compiler makes shuffles of these loops.
#define SWAP(TYPE, REVERSE)                             \
  for (size_t i = 0; i < count; i++) {                  \
    TYPE unit;                                          \
    memcpy(&unit, bytes + i * sizeof unit, sizeof unit); \
    unit = REVERSE(unit);                               \
    memcpy(bytes + i * sizeof unit, &unit, sizeof unit); \
  }

INLINE void swap_units(uint8_t *bytes, size_t width, size_t count) {
  switch (width) {
  case 2: SWAP(uint16_t, __builtin_bswap16) break;
  case 4: SWAP(uint32_t, __builtin_bswap32) break;
  case 8: SWAP(uint64_t, __builtin_bswap64) break;
  case 16:
    for (size_t i = 0; i < count; i++, bytes += 16) {
      uint64_t halves[2];
      memcpy(halves, bytes, 16);
      uint64_t swapped[2] = {__builtin_bswap64(halves[1]), __builtin_bswap64(halves[0])};
      memcpy(bytes, swapped, 16);
    }
    break;
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void swap_avx2(uint8_t *bytes, size_t width, size_t count) {
  swap_units(bytes, width, count);
}
#endif

void ck_swap_at(ck_instructions level, void *bytes, size_t width, size_t count) {
  if (level > ck_level()) level = ck_level();
#if defined(__x86_64__)
  if (level >= CK_AVX2) { swap_avx2(bytes, width, count); return; }
#endif
  swap_units(bytes, width, count);
}

void ck_swap(void *bytes, size_t width, size_t count) {
  ck_swap_at(ck_level(), bytes, width, count);
}

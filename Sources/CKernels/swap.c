#include "CKernels.h"

#include <string.h>

// Unaligned loads and stores through memcpy; the compiler makes shuffles of these loops.
#define CK_SWAP(TYPE, REVERSE)                    \
  for (size_t i = 0; i < count; i++) {            \
    TYPE unit;                                    \
    memcpy(&unit, byte + i * sizeof unit, sizeof unit); \
    unit = REVERSE(unit);                         \
    memcpy(byte + i * sizeof unit, &unit, sizeof unit); \
  }

void ck_swap(void *bytes, size_t width, size_t count) {
  uint8_t *byte = bytes;
  switch (width) {
  case 2: CK_SWAP(uint16_t, __builtin_bswap16) break;
  case 4: CK_SWAP(uint32_t, __builtin_bswap32) break;
  case 8: CK_SWAP(uint64_t, __builtin_bswap64) break;
  case 16:
    for (size_t i = 0; i < count; i++, byte += 16) {
      uint64_t halves[2];
      memcpy(halves, byte, 16);
      uint64_t swapped[2] = {__builtin_bswap64(halves[1]), __builtin_bswap64(halves[0])};
      memcpy(byte, swapped, 16);
    }
    break;
  }
}

#include "CKernels.h"

#include <string.h>

// Plain loops over one width each, which the compiler turns into vector code; loads may be unaligned.
#define GREATEST(name, type)                                                  \
  static uint64_t name(const unsigned char *bytes, size_t count, type mask) { \
    type greatest = 0;                                                        \
    for (size_t i = 0; i < count; i++) {                                      \
      type value;                                                             \
      memcpy(&value, bytes + i * sizeof value, sizeof value);                 \
      value &= mask;                                                          \
      greatest = value > greatest ? value : greatest;                         \
    }                                                                         \
    return greatest;                                                          \
  }

GREATEST(greatest_8, uint8_t)
GREATEST(greatest_16, uint16_t)
GREATEST(greatest_32, uint32_t)
GREATEST(greatest_64, uint64_t)

uint64_t ck_greatest(const void *values, size_t width, size_t count, uint64_t mask) {
  switch (width) {
    case 1: return greatest_8(values, count, (uint8_t)mask);
    case 2: return greatest_16(values, count, (uint16_t)mask);
    case 4: return greatest_32(values, count, (uint32_t)mask);
    default: return greatest_64(values, count, mask);
  }
}

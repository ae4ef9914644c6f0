#include "convert.h"

#include <string.h>

// Below this many elements a table costs more than it saves.
enum { LEAST_COUNT_FOR_TABLE = 1024 };

// Adds the NaNs among elements of one width: bits, without the sign, above those of infinity.
#define COUNT_NANS(TYPE, INFINITY_BITS)                        \
  for (size_t i = 0; i < count; i++) {                         \
    TYPE bits;                                                 \
    memcpy(&bits, (const TYPE *)source + i, sizeof bits);      \
    nan_count += (TYPE)(bits << 1) > (TYPE)((TYPE)(INFINITY_BITS) << 1); \
  }

// Copies elements that keep their kind.
static void copy(
  const void *source, void *target, ck_float kind, size_t count, ck_conversion_report *report
) {
  uint64_t nan_count = 0;
  memcpy(target, source, count * (ck_shapes[kind].bit_count / 8));
  switch (kind) {
  case CK_F32: COUNT_NANS(uint32_t, 0x7F800000) break;
  case CK_F64: COUNT_NANS(uint64_t, 0x7FF0000000000000) break;
  case CK_F16: COUNT_NANS(uint16_t, 0x7C00) break;
  default: COUNT_NANS(uint16_t, 0x7F80) break;
  }
  report->nan_count += nan_count;
}

// Converts as many of the first elements as a fast version takes; how many that were.
static size_t convert_fast(
  ck_instructions level, const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  if (from == to) {
    copy(source, target, from, count, report);
    return count;
  }
  if (ck_shapes[from].bit_count <= 8)
    return count < LEAST_COUNT_FOR_TABLE
      ? 0 : ck_convert_small(source, from, target, to, count, report);
#if defined(__x86_64__)
  if (level >= CK_AVX2) return ck_convert_avx2(source, from, target, to, count, report);
#endif
  return 0;
}

void ck_convert_at(
  ck_instructions level, const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  size_t done = 0;
  if (level > ck_level()) level = ck_level();
  if (level > CK_SCALAR) done = convert_fast(level, source, from, target, to, count, report);
  ck_convert_scalar(source, from, target, to, done, count - done, report);
}

void ck_convert(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  ck_convert_at(ck_level(), source, from, target, to, count, report);
}

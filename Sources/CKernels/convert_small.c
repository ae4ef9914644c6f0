// Conversion from kinds of at most eight bits: a table of every value there is, made by the reference, and
// a count of how often each was seen, from which the report follows.

#include "convert.h"

#include <string.h>

typedef struct {
  uint64_t values[256];  // by code, in the target's bits
  uint64_t seen[4][256];  // four counts, so that equal neighbours do not wait for each other
} table;

#define STORE(TYPE, POSITION, CODE)                       \
  do {                                                    \
    TYPE value = (TYPE)table->values[CODE];               \
    memcpy(target + (POSITION) * sizeof value, &value, sizeof value); \
    table->seen[(POSITION) % 4][CODE]++;                  \
  } while (0)

#define LOOK_UP(TYPE)                                     \
  switch (bit_count) {                                    \
  case 8:                                                 \
    for (; i + 4 <= count; i += 4)                        \
      for (size_t k = 0; k < 4; k++) STORE(TYPE, i + k, source[i + k]); \
    break;                                                \
  case 6:                                                 \
    for (; i + 4 <= count; i += 4, source += 3) {         \
      uint32_t bits = source[0] | (uint32_t)source[1] << 8 | (uint32_t)source[2] << 16; \
      for (size_t k = 0; k < 4; k++) STORE(TYPE, i + k, bits >> 6 * k & 63); \
    }                                                     \
    break;                                                \
  case 4:                                                 \
    for (; i + 2 <= count; i += 2, source++)              \
      for (size_t k = 0; k < 2; k++) STORE(TYPE, i + k, *source >> 4 * k & 15); \
    break;                                                \
  }

// Converts whole groups of elements; how many that were.
static size_t look_up(
  table *table, const uint8_t *source, unsigned bit_count, uint8_t *target, unsigned width, size_t count
) {
  size_t i = 0;
  switch (width) {
  case 2: LOOK_UP(uint16_t) break;
  case 4: LOOK_UP(uint32_t) break;
  case 8: LOOK_UP(uint64_t) break;
  }
  return i;
}

size_t ck_convert_small(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  unsigned bit_count = ck_shapes[from].bit_count, code_count = 1u << bit_count;
  table table;
  memset(table.seen, 0, sizeof table.seen);
  for (unsigned code = 0; code < code_count; code++)
    table.values[code] = ck_encode(to, ck_decode(from, code));
  size_t done = look_up(&table, source, bit_count, target, ck_shapes[to].bit_count / 8, count);
  for (unsigned code = 0; code < code_count; code++) {
    uint64_t seen = table.seen[0][code] + table.seen[1][code] + table.seen[2][code] + table.seen[3][code];
    if (seen > 0)
      ck_note(report, ck_decode(from, code), ck_decode(to, table.values[code]), from, seen);
  }
  return done;
}

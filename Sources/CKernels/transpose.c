// A matrix copied in blocks, so that each line of memory that is read or written is used whole while it is
// in the cache; within a block, in squares that fit vector registers.

#include "transpose.h"

#include <string.h>

// Rows and columns of a block: 256 bytes of four-byte elements, so that a block of the source and
// one of the target fill half of a 32 KiB cache each.
enum { BLOCK = 64 };

// Loads a square whose columns are adjacent in the source, transposes it by log2(N) perfect shuffles of its
// lines, and stores it.
#define DEFINE_SQUARE(TYPE, N, LOW, HIGH)                                                  \
  typedef TYPE line_##N __attribute__((vector_size(16)));                                  \
  static inline void copy_square_##N(                                                      \
    const uint8_t *source, size_t source_step, uint8_t *target, size_t target_step         \
  ) {                                                                                      \
    line_##N lines[N], shuffled[N];                                                        \
    for (size_t i = 0; i < N; i++) memcpy(&lines[i], source + i * source_step, 16);           \
    for (int stage = 1; stage < N; stage *= 2) {                                           \
      for (int i = 0; i < N / 2; i++) {                                                    \
        shuffled[2 * i] = __builtin_shufflevector(lines[i], lines[i + N / 2], LOW);        \
        shuffled[2 * i + 1] = __builtin_shufflevector(lines[i], lines[i + N / 2], HIGH);   \
      }                                                                                    \
      memcpy(lines, shuffled, sizeof lines);                                               \
    }                                                                                      \
    for (size_t i = 0; i < N; i++) memcpy(target + i * target_step, &lines[i], 16);           \
  }

#define LIST(...) __VA_ARGS__
DEFINE_SQUARE(uint64_t, 2, LIST(0, 2), LIST(1, 3))
DEFINE_SQUARE(uint32_t, 4, LIST(0, 4, 1, 5), LIST(2, 6, 3, 7))
DEFINE_SQUARE(uint16_t, 8, LIST(0, 8, 1, 9, 2, 10, 3, 11), LIST(4, 12, 5, 13, 6, 14, 7, 15))
DEFINE_SQUARE(
  uint8_t, 16, LIST(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
  LIST(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31))

typedef struct { size_t row, column, row_end, column_end; } block;

static inline __attribute__((always_inline)) void copy_elements(
  const uint8_t *source, size_t width, const ck_matrix *matrix, uint8_t *target, block part
) {
  for (size_t row = part.row; row < part.row_end; row++) {
    const uint8_t *from = source + row * matrix->source_row_stride * width;
    uint8_t *to = target + row * matrix->target_row_stride * width;
    for (size_t column = part.column; column < part.column_end; column++)
      memcpy(to + column * width, from + column * matrix->source_column_stride * width, width);
  }
}

// A block: squares where its columns are adjacent in the source and it holds at least one, else elements. At
// the lower and right edges squares overlap those before them, and write the same once more.
#define COPY_BLOCK(WIDTH, N)                                                               \
  if (matrix->source_row_stride != 1 || part.row_end - part.row < N                        \
      || part.column_end - part.column < N) {                                              \
    copy_elements(source, WIDTH, matrix, target, part);                                    \
    return;                                                                                \
  }                                                                                        \
  for (size_t i = part.row; i < part.row_end; i += N)                                      \
    for (size_t k = part.column; k < part.column_end; k += N) {                            \
      size_t row = part.row_end - i < N ? part.row_end - N : i;                            \
      size_t column = part.column_end - k < N ? part.column_end - N : k;                   \
      copy_square_##N(                                                                     \
        source + (row + column * matrix->source_column_stride) * WIDTH,                    \
        matrix->source_column_stride * WIDTH,                                              \
        target + (row * matrix->target_row_stride + column) * WIDTH,                       \
        matrix->target_row_stride * WIDTH);                                                \
    }

static void copy_block(
  const uint8_t *source, size_t width, const ck_matrix *matrix, uint8_t *target, block part
) {
  switch (width) {
  case 1: COPY_BLOCK(1, 16) break;
  case 2: COPY_BLOCK(2, 8) break;
  case 4: COPY_BLOCK(4, 4) break;
  case 8: COPY_BLOCK(8, 2) break;
  case 16: copy_elements(source, 16, matrix, target, part); break;
  }
}

// Where the block that begins at `start` ends: the last one takes what would be too little for another.
static inline size_t block_end(size_t start, size_t count) {
  return count - start < 2 * BLOCK ? count : start + BLOCK;
}

void ck_copy_matrix(const uint8_t *source, size_t width, const ck_matrix *matrix, uint8_t *target) {
  size_t row_end, column_end;
  for (size_t row = 0; row < matrix->row_count; row = row_end) {
    row_end = block_end(row, matrix->row_count);
    for (size_t column = 0; column < matrix->column_count; column = column_end) {
      column_end = block_end(column, matrix->column_count);
      copy_block(source, width, matrix, target, (block){row, column, row_end, column_end});
    }
  }
}

// Shared by the strided copies; not part of the interface.

#ifndef CK_TRANSPOSE_H
#define CK_TRANSPOSE_H

#include "CKernels.h"

// A matrix in memory: `width` bytes an element, distances between neighbours in elements.
typedef struct {
  size_t row_count, column_count;
  size_t source_row_stride, source_column_stride;
  size_t target_row_stride;  // neighbours in a row of the target are adjacent
} ck_matrix;

// target[r, c] = source[r, c]: fast where neighbours in a column of the source are adjacent.
void ck_copy_matrix(const uint8_t *source, size_t width, const ck_matrix *matrix, uint8_t *target);

#endif

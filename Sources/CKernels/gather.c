// Strided views, copied to packed row-major order. Three ways: runs of adjacent elements by memcpy; views
// whose last dimension is not the densest (transposed ones) as matrices, in blocks; the rest by element.

#include "transpose.h"

#include <string.h>

typedef struct {
  const uint8_t *source;
  size_t width, rank;
  const intptr_t *extents, *strides;
} view;

// Fills `index` with the place of an element in the view's row-major order; its offset in elements.
static size_t locate(const view *view, size_t position, size_t *index) {
  size_t offset = 0;
  for (size_t d = view->rank; d-- > 0;) {
    size_t extent = (size_t)view->extents[d];
    index[d] = position % extent;
    position /= extent;
    offset += index[d] * (size_t)view->strides[d];
  }
  return offset;
}

// Moves to the next index of the dimensions in [first, end); the change of the offset, modulo 2^64.
static size_t advance(const view *view, size_t *index, size_t first, size_t end) {
  size_t change = 0;
  for (size_t d = end; d-- > first;) {
    size_t extent = (size_t)view->extents[d], stride = (size_t)view->strides[d];
    change += stride;
    if (++index[d] < extent) break;
    change -= extent * stride;
    index[d] = 0;
  }
  return change;
}

#define COPY_ROW(WIDTH) \
  for (size_t i = 0; i < count; i++) memcpy(target + i * WIDTH, source + i * stride * WIDTH, WIDTH)

// Copies `count` elements that lie `stride` elements apart.
static void copy_row(
  const uint8_t *source, size_t width, size_t stride, size_t count, uint8_t *target
) {
  if (stride == 1) { memcpy(target, source, count * width); return; }
  switch (width) {
  case 1: COPY_ROW(1); break;
  case 2: COPY_ROW(2); break;
  case 4: COPY_ROW(4); break;
  case 8: COPY_ROW(8); break;
  case 16: COPY_ROW(16); break;
  }
}

// Copies the elements from `first`, `count` of them, row by row.
static void copy_rows(const view *view, size_t first, size_t count, uint8_t *target) {
  size_t index[CK_MAX_RANK];
  size_t offset = locate(view, first, index);
  size_t inner = view->rank - 1;
  size_t extent = (size_t)view->extents[inner], stride = (size_t)view->strides[inner];
  while (count > 0) {
    size_t run = extent - index[inner] < count ? extent - index[inner] : count;
    copy_row(view->source + offset * view->width, view->width, stride, run, target);
    target += run * view->width;
    count -= run;
    offset -= index[inner] * stride;  // to the beginning of the next row
    index[inner] = 0;
    offset += advance(view, index, 0, inner);
  }
}

// The dimension that is denser than the last, if one is; else the last.
static size_t densest(const view *view) {
  size_t inner = view->rank - 1, found = inner;
  for (size_t d = 0; d < inner; d++)
    if (view->strides[d] > 0 && view->strides[d] < view->strides[found]) found = d;
  return found;
}

// Copies `row_count` neighbours along dimension `dense`, of `row_length` elements each: for each index of the
// dimensions between `dense` and the last, a matrix.
static void copy_matrices(
  const view *view, size_t dense, size_t first, size_t row_count, size_t row_length, uint8_t *target
) {
  size_t index[CK_MAX_RANK], inner = view->rank - 1;
  size_t offset = locate(view, first, index);
  ck_matrix matrix = {
    .row_count = row_count, .column_count = (size_t)view->extents[inner],
    .source_row_stride = (size_t)view->strides[dense],
    .source_column_stride = (size_t)view->strides[inner],
    .target_row_stride = row_length};
  for (size_t column = 0; column < row_length; column += matrix.column_count) {
    ck_copy_matrix(
      view->source + offset * view->width, view->width, &matrix, target + column * view->width);
    offset += advance(view, index, dense + 1, inner);
  }
}

void ck_gather(
  const void *source, size_t width, size_t rank, const intptr_t *extents, const intptr_t *strides,
  size_t first, size_t count, void *target
) {
  if (count == 0) return;
  if (rank == 0) { memcpy(target, source, width); return; }
  view view = {source, width, rank, extents, strides};
  size_t dense = densest(&view), row_length = 1, end = first + count;
  if (dense == rank - 1) { copy_rows(&view, first, count, target); return; }
  for (size_t d = dense + 1; d < rank; d++) row_length *= (size_t)extents[d];

  uint8_t *out = target;
  while (first < end) {
    size_t past = first % row_length, extent = (size_t)extents[dense];
    size_t row = first / row_length % extent;
    size_t rows = (end - first) / row_length, step;
    if (past != 0 || rows == 0) {  // part of a row
      step = end - first < row_length - past ? end - first : row_length - past;
      copy_rows(&view, first, step, out);
    } else {
      if (rows > extent - row) rows = extent - row;
      step = rows * row_length;
      copy_matrices(&view, dense, first, rows, row_length, out);
    }
    first += step;
    out += step * width;
  }
}

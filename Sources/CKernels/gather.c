#include "CKernels.h"

#include <string.h>

// Copies `count` elements that lie `stride` elements apart.
static void copy_row(const uint8_t *source, size_t width, size_t stride, size_t count, uint8_t *target) {
  if (stride == 1) { memcpy(target, source, count * width); return; }
  for (size_t i = 0; i < count; i++) memcpy(target + i * width, source + i * stride * width, width);
}

void ck_gather(
  const void *source, size_t width, size_t rank, const size_t *extents, const size_t *strides,
  size_t first, size_t count, void *target
) {
  if (count == 0) return;
  if (rank == 0) { memcpy(target, source, width); return; }
  size_t index[CK_MAX_RANK];
  const uint8_t *row = source;  // the row's first element
  size_t rest = first;
  for (size_t d = rank; d-- > 0; rest /= extents[d]) {
    index[d] = rest % extents[d];
    if (d + 1 < rank) row += index[d] * strides[d] * width;
  }
  size_t inner = rank - 1, extent = extents[inner], stride = strides[inner];
  size_t position = index[inner];
  uint8_t *out = target;
  for (;;) {
    size_t run = extent - position < count ? extent - position : count;
    copy_row(row + position * stride * width, width, stride, run, out);
    if ((count -= run) == 0) return;
    out += run * width;
    position = 0;
    for (size_t d = inner; d-- > 0;) {  // the next row
      row += strides[d] * width;
      if (++index[d] < extents[d]) break;
      row -= extents[d] * strides[d] * width;
      index[d] = 0;
    }
  }
}

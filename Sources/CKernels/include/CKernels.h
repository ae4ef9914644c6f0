#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKElementwise.h"

// The loops that the compiler cannot make fast from Swift. Each has a scalar version, which is the
// reference in tests, and may have AVX2 and AVX-512 versions; `ck_level` says which is used.
// Pointers need no alignment. Nothing here allocates, locks or keeps state.

// Which instructions are used. Each level includes those before it.
typedef enum {
  CK_SCALAR = 0,
  CK_AVX2 = 1,    // AVX2, F16C, PCLMULQDQ, SSE4.1
  CK_AVX512 = 2,  // AVX-512 F, BW, DQ, VL, VPCLMULQDQ
} ck_instructions;

// The highest level that this processor and operating system have. Found once.
ck_instructions ck_level(void);

// MARK: Checksums

// Continues a CRC-32 (the polynomial of zip and gzip, reflected 0xEDB88320) over `count` bytes.
// Start with 0. Agrees with zlib's `crc32`. `bytes` may be null if `count` is 0.
uint32_t ck_crc32(uint32_t crc, const void *bytes, size_t count);

// The same with a chosen level, for tests; a level that the processor lacks is lowered.
uint32_t ck_crc32_at(ck_instructions level, uint32_t crc, const void *bytes, size_t count);

// The CRC-32 of A followed by B, from that of A, that of B, and the number of bytes of B.
uint32_t ck_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t byte_count_b);

// MARK: Byte order

// Reverses each of the `count` units of `width` bytes (2, 4, 8 or 16) in place.
void ck_swap(void *bytes, size_t width, size_t count);

// The same with a chosen level, for tests; a level that the processor lacks is lowered.
void ck_swap_at(ck_instructions level, void *bytes, size_t width, size_t count);

// MARK: Strided copies

// The most dimensions `ck_gather` takes: extents of at least 2 whose product fits 64 bits are fewer.
#define CK_MAX_RANK 64

// Copies elements of a strided view, in its row-major order, to packed `target`.
//
// `width` is 1, 2, 4, 8 or 16 bytes; `extents` are at least 1; `strides` count elements and are not negative; the elements are
// those from `first`, `count` of them. `source` reaches the view's last element.
void ck_gather(
  const void *source, size_t width, size_t rank, const intptr_t *extents, const intptr_t *strides,
  size_t first, size_t count, void *target);

// MARK: Scans

// The greatest of `count` unsigned integers of `width` bytes (1, 2, 4 or 8), each masked with `mask`;
// 0 if there are none. Of floating-point numbers without their signs, that is the greatest magnitude.
uint64_t ck_greatest(const void *values, size_t width, size_t count, uint64_t mask);

// MARK: Conversion

// The floating-point kinds. The first four can be converted to.
typedef enum {
  CK_F32, CK_F64, CK_F16, CK_BF16,
  CK_F8_E5M2, CK_F8_E4M3, CK_F8_E8M0, CK_F8_E4M3FNUZ, CK_F8_E5M2FNUZ,
  CK_F6_E2M3, CK_F6_E3M2, CK_F4_E2M1,
} ck_float;

// What a conversion did to the values.
typedef struct {
  uint64_t overflow_count;    // finite values that became infinite
  uint64_t underflow_count;   // values other than zero that became zero
  uint64_t nan_count;         // NaNs in the source
  double worst_absolute_error;  // among values that stayed finite
  double worst_relative_error;  // among those of them that are not zero
} ck_conversion_report;

// Converts `count` packed little-endian elements, rounding to nearest, ties to even; subnormals are kept.
//
// A NaN stays a NaN with its sign and the leading bits of its payload, made quiet. Elements of 6 and 4
// bits lie in a stream of bits that begins with the lowest of each byte. The counts are added to
// `report`, the errors raise it.
void ck_convert(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report);

// The same with a chosen level, for tests; a level that the processor lacks is lowered.
void ck_convert_at(
  ck_instructions level, const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report);

#endif

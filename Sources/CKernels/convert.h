// Shared by the conversion kernels; not part of the interface.

#ifndef CK_CONVERT_H
#define CK_CONVERT_H

#include "CKernels.h"

// Which bit patterns are not numbers.
typedef enum {
  CK_IEEE,               // the last exponent: infinities and NaNs
  CK_LAST_IS_NAN,        // only all ones (either sign)
  CK_MINUS_ZERO_IS_NAN,  // only minus zero
  CK_FINITE,             // none
} ck_specials;

// The layout of a kind: sign, exponent, fraction.
typedef struct {
  unsigned bit_count, exponent_bits, fraction_bits;
  int bias;
  ck_specials specials;
} ck_shape;

extern const ck_shape ck_shapes[];

// The value of a bit pattern: exact; a NaN is quiet.
double ck_decode(ck_float kind, uint64_t bits);

// The bit pattern of the nearest value of F32, F64, F16 or BF16, ties to even.
uint64_t ck_encode(ck_float kind, double value);

// Adds what became of `count` values that are the same.
void ck_note(
  ck_conversion_report *report, double value, double converted, ck_float from, uint64_t count);

// Raises the worst errors to these.
void ck_raise_errors(ck_conversion_report *report, double absolute, double relative);

// Converts the elements from `first`, `count` of them; both pointers are at element 0.
void ck_convert_scalar(
  const void *source, ck_float from, void *target, ck_float to, size_t first, size_t count,
  ck_conversion_report *report);

// Fast versions: each converts as many of the first elements as it takes at a time, and says how many.

// Any two different kinds of 16 bits and more.
size_t ck_convert_avx2(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report);

// From any kind of at most 8 bits.
size_t ck_convert_small(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report);

#endif

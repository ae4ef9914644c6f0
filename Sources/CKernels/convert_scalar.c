// The reference for conversion. To be right first, and readable: every value goes through a double, which
// holds each of these kinds exactly, and is rounded once.

#include "convert.h"

#include <math.h>
#include <string.h>

static double double_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

const ck_shape ck_shapes[] = {
  [CK_F32] = {32, 8, 23, 127, CK_IEEE},
  [CK_F64] = {64, 11, 52, 1023, CK_IEEE},
  [CK_F16] = {16, 5, 10, 15, CK_IEEE},
  [CK_BF16] = {16, 8, 7, 127, CK_IEEE},
  [CK_F8_E5M2] = {8, 5, 2, 15, CK_IEEE},
  [CK_F8_E4M3] = {8, 4, 3, 7, CK_LAST_IS_NAN},
  [CK_F8_E8M0] = {8, 8, 0, 127, CK_LAST_IS_NAN},
  [CK_F8_E4M3FNUZ] = {8, 4, 3, 8, CK_MINUS_ZERO_IS_NAN},
  [CK_F8_E5M2FNUZ] = {8, 5, 2, 16, CK_MINUS_ZERO_IS_NAN},
  [CK_F6_E2M3] = {6, 2, 3, 1, CK_FINITE},
  [CK_F6_E3M2] = {6, 3, 2, 3, CK_FINITE},
  [CK_F4_E2M1] = {4, 2, 1, 1, CK_FINITE},
};

// The bits of element `index`, in the low end of the result.
static uint64_t load(const uint8_t *source, unsigned bit_count, size_t index) {
  uint64_t bits = 0;
  if (bit_count >= 8) {
    memcpy(&bits, source + index * (bit_count / 8), bit_count / 8);
    return bits;
  }
  // 4 elements of 6 bits are 3 bytes: no product of a large index overflows.
  size_t first_bit = index % 8 * bit_count;
  const uint8_t *byte = source + index / 8 * bit_count + first_bit / 8;
  unsigned shift = first_bit % 8;
  bits = *byte;
  if (shift + bit_count > 8) bits |= (uint64_t)byte[1] << 8;
  return bits >> shift & ((1u << bit_count) - 1);
}

// A quiet NaN with the sign and the leading payload bits of another kind's.
static double quiet_nan(uint64_t sign, uint64_t fraction, unsigned fraction_bits) {
  uint64_t payload = fraction_bits ? fraction << (52 - fraction_bits) : 0;
  return double_of(sign << 63 | 0x7FF8000000000000u | payload);
}

double ck_decode(ck_float kind, uint64_t bits) {
  const ck_shape *shape = &ck_shapes[kind];
  unsigned fraction_bits = shape->fraction_bits;
  uint64_t fraction = bits & ((1ull << fraction_bits) - 1);
  uint64_t last_exponent = (1ull << shape->exponent_bits) - 1;
  uint64_t exponent = bits >> fraction_bits & last_exponent;
  // E8M0 has no sign; its shift reaches beyond its bits.
  uint64_t sign = bits >> (fraction_bits + shape->exponent_bits) & 1;

  if (kind == CK_F8_E8M0)  // powers of two; there is no zero
    return exponent == last_exponent ? quiet_nan(0, 0, 0) : ldexp(1, (int)exponent - 127);
  switch (shape->specials) {
  case CK_IEEE:
    if (exponent != last_exponent) break;
    if (fraction != 0) return quiet_nan(sign, fraction, fraction_bits);
    return sign ? -INFINITY : INFINITY;
  case CK_LAST_IS_NAN:
    if (exponent == last_exponent && fraction == (1ull << fraction_bits) - 1)
      return quiet_nan(sign, 0, 0);
    break;
  case CK_MINUS_ZERO_IS_NAN:
    if (sign && exponent == 0 && fraction == 0) return quiet_nan(0, 0, 0);
    break;
  case CK_FINITE: break;
  }
  int scale = (int)(exponent ? exponent : 1) - shape->bias - (int)fraction_bits;
  double magnitude = ldexp((double)(fraction | (exponent ? 1ull << fraction_bits : 0)), scale);
  return sign ? -magnitude : magnitude;
}

uint64_t ck_encode(ck_float kind, double value) {
  const ck_shape *shape = &ck_shapes[kind];
  uint64_t bits = bits_of(value);
  if (kind == CK_F64) return bits;
  unsigned fraction_bits = shape->fraction_bits, shift = 52 - fraction_bits;
  uint64_t sign = bits >> 63 << (shape->bit_count - 1);
  uint64_t infinity = ((1ull << shape->exponent_bits) - 1) << fraction_bits;
  uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
  int exponent = (int)(bits >> 52 & 0x7FF) - 1023;

  if (exponent == 1024) return sign | infinity | fraction >> shift;  // NaNs here are quiet
  int least = 1 - shape->bias;
  if (exponent == -1023) return sign;  // far below every target's subnormals
  fraction |= 1ull << 52;
  if (exponent < least) {
    shift += (unsigned)(least - exponent);
    exponent = least;
    if (shift > 53) return sign;  // below half of the least subnormal
  }
  // Rounding may carry into the exponent, and from the last exponent into infinity: both are right.
  uint64_t odd = fraction >> shift & 1;
  uint64_t rounded = (fraction + (1ull << (shift - 1)) - 1 + odd) >> shift;
  uint64_t magnitude = ((uint64_t)(exponent - least) << fraction_bits) + rounded;
  return sign | (magnitude < infinity ? magnitude : infinity);
}

void ck_raise_errors(ck_conversion_report *report, double absolute, double relative) {
  if (absolute > report->worst_absolute_error) report->worst_absolute_error = absolute;
  if (relative > report->worst_relative_error) report->worst_relative_error = relative;
}

void ck_note(
  ck_conversion_report *report, double value, double converted, ck_float from, uint64_t count
) {
  if (isnan(value)) { report->nan_count += count; return; }
  if (isinf(value)) return;
  if (isinf(converted)) { report->overflow_count += count; return; }
  if (value == 0) return;
  if (converted == 0) report->underflow_count += count;
  double error = fabs(converted - value);  // exact
  // Sources that fit single precision divide in it, as the vector versions do: the report is then the
  // same whichever version made it.
  double relative = from == CK_F64 ? error / fabs(value) : (float)error / (float)fabs(value);
  ck_raise_errors(report, error, relative);
}

void ck_convert_scalar(
  const void *source, ck_float from, void *target, ck_float to, size_t first, size_t count,
  ck_conversion_report *report
) {
  unsigned width = ck_shapes[to].bit_count / 8;
  uint8_t *out = (uint8_t *)target + first * width;
  for (size_t i = first; i < first + count; i++, out += width) {
    uint64_t bits = load(source, ck_shapes[from].bit_count, i);
    double value = ck_decode(from, bits);
    uint64_t converted = from == to ? bits : ck_encode(to, value);
    memcpy(out, &converted, width);
    ck_note(report, value, ck_decode(to, converted), from, 1);
  }
}

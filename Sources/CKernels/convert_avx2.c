// Conversion with AVX2 and F16C, eight values at a time. To be right first: bit for bit the results and
// the report of convert_scalar.c. Then fast: no branch depends on a value.

#include "convert.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,f16c")))
#define INLINE TARGET static inline __attribute__((always_inline))

// How many vectors are counted in 32-bit lanes before they are added up: far from their overflow.
enum { VECTORS_PER_ROUND = 1 << 20 };

// What was found, one sum or maximum a lane. Counts go down: a mask is -1.
typedef struct {
  __m256i overflow, underflow, nan;
  __m256 absolute, relative;
} single_tally;

typedef struct {
  __m256i overflow, underflow, nan;
  __m256d absolute, relative;
} double_tally;

INLINE __m256 load_singles(const uint8_t *source, ck_float from) {
  if (from == CK_F32) return _mm256_loadu_ps((const float *)source);
  __m128i halves = _mm_loadu_si128((const __m128i *)source);
  if (from == CK_F16) return _mm256_cvtph_ps(halves);
  __m256 value = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
  // Make NaNs quiet.
  __m256 quiet = _mm256_and_ps(
    _mm256_cmp_ps(value, value, _CMP_UNORD_Q), _mm256_castsi256_ps(_mm256_set1_epi32(0x00400000)));
  return _mm256_or_ps(value, quiet);
}

// The upper halves of eight singles, rounded to nearest, ties to even; a NaN loses low payload bits.
INLINE __m256i bfloats(__m256 value) {
  __m256i bits = _mm256_castps_si256(value);
  __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
  __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x00400000));
  __m256 chosen = _mm256_blendv_ps(
    _mm256_castsi256_ps(rounded), _mm256_castsi256_ps(quiet),
    _mm256_cmp_ps(value, value, _CMP_UNORD_Q));
  return _mm256_srli_epi32(_mm256_castps_si256(chosen), 16);
}

// Rounds eight singles to F16 or BF16; the bits of the results, packed, and their values.
INLINE __m128i narrow(__m256 value, ck_float to, __m256 *result) {
  if (to == CK_F16) {
    __m128i bits = _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT);
    *result = _mm256_cvtph_ps(bits);
    return bits;
  }
  __m256i bits = bfloats(value);
  *result = _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
  return _mm_packus_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));
}

INLINE __m256 magnitudes(__m256 value) {
  return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), value);
}

INLINE __m256d double_magnitudes(__m256d value) {
  return _mm256_andnot_pd(_mm256_set1_pd(-0.0), value);
}

// A comparison with NaN is false, and `max` of a NaN and `tally` is `tally`: zeros divided by zeros,
// NaNs and infinities fall out without a branch.
INLINE void note_singles(single_tally *tally, __m256 value, __m256 result) {
  __m256 infinity = _mm256_set1_ps(__builtin_inff()), zero = _mm256_setzero_ps();
  __m256 size = magnitudes(value), result_size = magnitudes(result);
  __m256 stayed_finite = _mm256_cmp_ps(result_size, infinity, _CMP_LT_OQ);
  __m256 was_finite = _mm256_cmp_ps(size, infinity, _CMP_LT_OQ);
  __m256 vanished = _mm256_and_ps(
    _mm256_cmp_ps(result_size, zero, _CMP_EQ_OQ), _mm256_cmp_ps(size, zero, _CMP_NEQ_OQ));
  __m256 is_nan = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
  __m256 error = _mm256_and_ps(stayed_finite, magnitudes(_mm256_sub_ps(result, value)));
  tally->overflow = _mm256_add_epi32(
    tally->overflow, _mm256_castps_si256(_mm256_andnot_ps(stayed_finite, was_finite)));
  tally->underflow = _mm256_add_epi32(tally->underflow, _mm256_castps_si256(vanished));
  tally->nan = _mm256_add_epi32(tally->nan, _mm256_castps_si256(is_nan));
  tally->absolute = _mm256_max_ps(error, tally->absolute);
  tally->relative = _mm256_max_ps(_mm256_div_ps(error, size), tally->relative);
}

INLINE void note_doubles(double_tally *tally, __m256d value, __m256d result) {
  __m256d infinity = _mm256_set1_pd(__builtin_inf()), zero = _mm256_setzero_pd();
  __m256d size = double_magnitudes(value), result_size = double_magnitudes(result);
  __m256d stayed_finite = _mm256_cmp_pd(result_size, infinity, _CMP_LT_OQ);
  __m256d was_finite = _mm256_cmp_pd(size, infinity, _CMP_LT_OQ);
  __m256d vanished = _mm256_and_pd(
    _mm256_cmp_pd(result_size, zero, _CMP_EQ_OQ), _mm256_cmp_pd(size, zero, _CMP_NEQ_OQ));
  __m256d is_nan = _mm256_cmp_pd(value, value, _CMP_UNORD_Q);
  __m256d error = _mm256_and_pd(stayed_finite, double_magnitudes(_mm256_sub_pd(result, value)));
  tally->overflow = _mm256_add_epi64(
    tally->overflow, _mm256_castpd_si256(_mm256_andnot_pd(stayed_finite, was_finite)));
  tally->underflow = _mm256_add_epi64(tally->underflow, _mm256_castpd_si256(vanished));
  tally->nan = _mm256_add_epi64(tally->nan, _mm256_castpd_si256(is_nan));
  tally->absolute = _mm256_max_pd(error, tally->absolute);
  tally->relative = _mm256_max_pd(_mm256_div_pd(error, size), tally->relative);
}

INLINE uint64_t single_count(__m256i lanes) {
  int32_t counts[8];
  _mm256_storeu_si256((__m256i *)counts, lanes);
  uint64_t sum = 0;
  for (int i = 0; i < 8; i++) sum += (uint64_t)-(int64_t)counts[i];
  return sum;
}

INLINE void report_singles(const single_tally *tally, ck_conversion_report *report) {
  float absolute[8], relative[8];
  _mm256_storeu_ps(absolute, tally->absolute);
  _mm256_storeu_ps(relative, tally->relative);
  report->overflow_count += single_count(tally->overflow);
  report->underflow_count += single_count(tally->underflow);
  report->nan_count += single_count(tally->nan);
  for (int i = 0; i < 8; i++) ck_raise_errors(report, absolute[i], relative[i]);
}

INLINE void report_doubles(const double_tally *tally, ck_conversion_report *report) {
  int64_t overflow[4], underflow[4], nan[4];
  double absolute[4], relative[4];
  _mm256_storeu_si256((__m256i *)overflow, tally->overflow);
  _mm256_storeu_si256((__m256i *)underflow, tally->underflow);
  _mm256_storeu_si256((__m256i *)nan, tally->nan);
  _mm256_storeu_pd(absolute, tally->absolute);
  _mm256_storeu_pd(relative, tally->relative);
  for (int i = 0; i < 4; i++) {
    report->overflow_count += (uint64_t)-overflow[i];
    report->underflow_count += (uint64_t)-underflow[i];
    report->nan_count += (uint64_t)-nan[i];
    ck_raise_errors(report, absolute[i], relative[i]);
  }
}

// MARK: From single precision and below

// Values that become narrower, or as narrow with another range.
INLINE void narrow_singles(
  const uint8_t *source, ck_float from, uint8_t *target, ck_float to, size_t vector_count,
  ck_conversion_report *report
) {
  single_tally tally = {0};
  size_t source_step = from == CK_F32 ? 32 : 16;
  for (size_t i = 0; i < vector_count; i++) {
    __m256 value = load_singles(source + i * source_step, from), result;
    _mm_storeu_si128((__m128i *)(target + i * 16), narrow(value, to, &result));
    note_singles(&tally, value, result);
  }
  report_singles(&tally, report);
}

// Values that all exist in the target: only NaNs are counted.
INLINE void widen_singles(
  const uint8_t *source, ck_float from, uint8_t *target, ck_float to, size_t vector_count,
  ck_conversion_report *report
) {
  __m256i nan = _mm256_setzero_si256();
  size_t source_step = from == CK_F32 ? 32 : 16, target_step = to == CK_F32 ? 32 : 64;
  for (size_t i = 0; i < vector_count; i++) {
    __m256 value = load_singles(source + i * source_step, from);
    float *out = (float *)(target + i * target_step);
    nan = _mm256_add_epi32(
      nan, _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q)));
    if (to == CK_F32) {
      _mm256_storeu_ps(out, value);
    } else {
      _mm256_storeu_pd((double *)out, _mm256_cvtps_pd(_mm256_castps256_ps128(value)));
      _mm256_storeu_pd((double *)out + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(value, 1)));
    }
  }
  report->nan_count += single_count(nan);
}

// MARK: From double precision

// Four doubles as singles, rounded to odd: inexact ones get a last bit of 1, so that rounding once more,
// to fewer bits, gives what rounding once would have given.
INLINE __m128 singles_rounded_to_odd(__m256d value) {
  __m128 nearest = _mm256_cvtpd_ps(value);
  __m256d back = _mm256_cvtps_pd(nearest);
  __m256i is_inexact = _mm256_castpd_si256(_mm256_cmp_pd(back, value, _CMP_NEQ_OQ));
  __m256i is_above = _mm256_castpd_si256(
    _mm256_cmp_pd(double_magnitudes(back), double_magnitudes(value), _CMP_GT_OQ));
  // The low words of the masks.
  __m256i order = _mm256_setr_epi32(0, 2, 4, 6, 0, 0, 0, 0);
  __m128i inexact = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(is_inexact, order));
  __m128i above = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(is_above, order));
  __m128i truncated = _mm_add_epi32(_mm_castps_si128(nearest), above);
  return _mm_castsi128_ps(_mm_or_si128(truncated, _mm_srli_epi32(inexact, 31)));
}

// Rounds four doubles; writes the results and gives their values.
INLINE __m256d narrow_doubles_once(__m256d value, uint8_t *target, ck_float to) {
  if (to == CK_F32) {
    __m128 single = _mm256_cvtpd_ps(value);
    _mm_storeu_ps((float *)target, single);
    return _mm256_cvtps_pd(single);
  }
  __m256 result;
  __m128i bits = narrow(_mm256_castps128_ps256(singles_rounded_to_odd(value)), to, &result);
  _mm_storel_epi64((__m128i *)target, bits);
  return _mm256_cvtps_pd(_mm256_castps256_ps128(result));
}

INLINE void narrow_doubles(
  const uint8_t *source, uint8_t *target, ck_float to, size_t vector_count,
  ck_conversion_report *report
) {
  double_tally tally = {0};
  size_t step = to == CK_F32 ? 16 : 8;
  for (size_t i = 0; i < 2 * vector_count; i++) {
    __m256d value = _mm256_loadu_pd((const double *)(source + i * 32));
    note_doubles(&tally, value, narrow_doubles_once(value, target + i * step, to));
  }
  report_doubles(&tally, report);
}

// MARK: Choice

#define PAIR(FROM, TO) ((FROM) << 4 | (TO))
#define CASE(KERNEL, FROM, TO) \
  case PAIR(FROM, TO): KERNEL(source, FROM, target, TO, vector_count, report); return;

// Each case is a loop of its own, made by the compiler from constant kinds.
TARGET static void convert_round(
  const uint8_t *source, ck_float from, uint8_t *target, ck_float to, size_t vector_count,
  ck_conversion_report *report
) {
  switch (PAIR(from, to)) {
  CASE(narrow_singles, CK_F32, CK_F16)
  CASE(narrow_singles, CK_F32, CK_BF16)
  CASE(narrow_singles, CK_F16, CK_BF16)
  CASE(narrow_singles, CK_BF16, CK_F16)
  CASE(widen_singles, CK_F32, CK_F64)
  CASE(widen_singles, CK_F16, CK_F32)
  CASE(widen_singles, CK_F16, CK_F64)
  CASE(widen_singles, CK_BF16, CK_F32)
  CASE(widen_singles, CK_BF16, CK_F64)
  case PAIR(CK_F64, CK_F32): narrow_doubles(source, target, CK_F32, vector_count, report); return;
  case PAIR(CK_F64, CK_F16): narrow_doubles(source, target, CK_F16, vector_count, report); return;
  case PAIR(CK_F64, CK_BF16): narrow_doubles(source, target, CK_BF16, vector_count, report); return;
  }
}

size_t ck_convert_avx2(
  const void *source, ck_float from, void *target, ck_float to, size_t count,
  ck_conversion_report *report
) {
  size_t source_width = ck_shapes[from].bit_count / 8, target_width = ck_shapes[to].bit_count / 8;
  size_t vector_count = count / 8;
  for (size_t first = 0; first < vector_count; first += VECTORS_PER_ROUND) {
    size_t round = vector_count - first < VECTORS_PER_ROUND ? vector_count - first : VECTORS_PER_ROUND;
    convert_round(
      (const uint8_t *)source + first * 8 * source_width, from,
      (uint8_t *)target + first * 8 * target_width, to, round, report);
  }
  return vector_count * 8;
}
#endif

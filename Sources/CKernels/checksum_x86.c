// CRC-32 by carry-less multiplication: Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", Intel, 2009.
//
// A CRC is a remainder, so a lane of 128 bits that lies d bits before another may be multiplied by x^d mod
// P and added to it: "folded" forward. Its halves are multiplied apart, by x^(d+32) and x^(d-32); here bits
// are reflected, which makes each constant the reversed 32-bit remainder, shifted left by one. What is
// left in the end, 16 bytes with the remainder of all before, goes through the tables.

#include "checksum.h"

#if defined(__x86_64__)
#include <immintrin.h>

// x^(d+32) and x^(d-32) mod P for distances of 16, 64 and 256 bytes.
#define FOLD_16 0x1751997d0, 0xccaa009e
#define FOLD_64 0x154442bd4, 0x1c6e41596
#define FOLD_256 0x11542778a, 0x1322d1430

#define FOLDED __attribute__((target("pclmul,sse4.1")))
#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,vpclmulqdq,pclmul,sse4.1")))
#define CONSTANTS(...) CONSTANTS_OF(__VA_ARGS__)
#define CONSTANTS_OF(FIRST, SECOND) _mm_set_epi64x(SECOND, FIRST)

FOLDED static inline __attribute__((always_inline)) __m128i fold(
  __m128i lane, __m128i constants, __m128i next
) {
  __m128i low = _mm_clmulepi64_si128(lane, constants, 0x00);
  __m128i high = _mm_clmulepi64_si128(lane, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

WIDE static inline __attribute__((always_inline)) __m512i fold_wide(
  __m512i lanes, __m512i constants, __m512i next
) {
  __m512i low = _mm512_clmulepi64_epi128(lanes, constants, 0x00);
  __m512i high = _mm512_clmulepi64_epi128(lanes, constants, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, 0x96);  // the sum of three
}

// Folds four neighbouring lanes into the last and reduces it to the register.
FOLDED static inline __attribute__((always_inline)) uint32_t reduced(const __m128i lanes[4]) {
  __m128i constants = CONSTANTS(FOLD_16), lane = lanes[0];
  for (int i = 1; i < 4; i++) lane = fold(lane, constants, lanes[i]);
  uint8_t bytes[16];
  _mm_storeu_si128((__m128i *)bytes, lane);
  return ck_crc32_scalar(0, bytes, 16);
}

FOLDED size_t ck_crc32_folded(uint32_t *state, const uint8_t *bytes, size_t count) {
  size_t group_count = count / 64;
  if (group_count == 0) return 0;
  const __m128i *source = (const __m128i *)bytes;
  __m128i constants = CONSTANTS(FOLD_64), lanes[4];
  for (int i = 0; i < 4; i++) lanes[i] = _mm_loadu_si128(source + i);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)*state));
  for (size_t group = 1; group < group_count; group++)
    for (int i = 0; i < 4; i++)
      lanes[i] = fold(lanes[i], constants, _mm_loadu_si128(source + group * 4 + i));
  *state = reduced(lanes);
  return group_count * 64;
}

WIDE size_t ck_crc32_wide(uint32_t *state, const uint8_t *bytes, size_t count) {
  size_t group_count = count / 256;
  if (group_count == 0) return 0;
  __m512i constants = _mm512_broadcast_i32x4(CONSTANTS(FOLD_256)), lanes[4];
  for (int i = 0; i < 4; i++) lanes[i] = _mm512_loadu_si512(bytes + i * 64);
  lanes[0] = _mm512_xor_si512(
    lanes[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)*state)));
  for (size_t group = 1; group < group_count; group++)
    for (int i = 0; i < 4; i++)
      lanes[i] = fold_wide(
        lanes[i], constants, _mm512_loadu_si512(bytes + group * 256 + i * 64));
  __m512i near = _mm512_broadcast_i32x4(CONSTANTS(FOLD_64)), sum = lanes[0];
  for (int i = 1; i < 4; i++) sum = fold_wide(sum, near, lanes[i]);
  __m128i last[4];
  _mm512_storeu_si512(last, sum);
  *state = reduced(last);
  return group_count * 256;
}
#endif

#include "checksum.h"

#include <string.h>

// The reflected polynomial of zip and gzip.
#define POLYNOMIAL 0xEDB88320u

// tables[k][b]: what byte b does to the register when k further bytes follow it.
static uint32_t tables[8][256];

// Filled before main, in microseconds, rather than written out as 2048 numbers.
__attribute__((constructor)) static void fill_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (POLYNOMIAL & (0u - (crc & 1)));
    tables[0][byte] = crc;
  }
  for (int k = 1; k < 8; k++)
    for (int byte = 0; byte < 256; byte++) {
      uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = crc >> 8 ^ tables[0][crc & 0xFF];
    }
}

uint32_t ck_crc32_scalar(uint32_t state, const uint8_t *bytes, size_t count) {
  for (; count >= 8; count -= 8, bytes += 8) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + 4, 4);
    low ^= state;
    state = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF]
      ^ tables[4][low >> 24] ^ tables[3][high & 0xFF] ^ tables[2][high >> 8 & 0xFF]
      ^ tables[1][high >> 16 & 0xFF] ^ tables[0][high >> 24];
  }
  for (; count > 0; count--, bytes++) state = state >> 8 ^ tables[0][(state ^ *bytes) & 0xFF];
  return state;
}

uint32_t ck_crc32_at(ck_instructions level, uint32_t crc, const void *bytes, size_t count) {
  uint32_t state = ~crc;
  const uint8_t *rest = bytes;
  if (level > ck_level()) level = ck_level();
#if defined(__x86_64__)
  size_t done = 0;
  if (level >= CK_AVX512) done = ck_crc32_wide(&state, rest, count);
  if (level >= CK_AVX2) done += ck_crc32_folded(&state, rest + done, count - done);
  rest += done;
  count -= done;
#endif
  return ~ck_crc32_scalar(state, rest, count);
}

uint32_t ck_crc32(uint32_t crc, const void *bytes, size_t count) {
  return ck_crc32_at(ck_level(), crc, bytes, count);
}

// The product of two polynomials modulo the CRC's. Bit 31 is the coefficient of x^0.
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (int bit = 31; bit >= 0; bit--) {
    if (a >> bit & 1) product ^= b;
    b = b >> 1 ^ (POLYNOMIAL & (0u - (b & 1)));  // times x
  }
  return product;
}

uint32_t ck_crc32_combine(uint32_t crc_a, uint32_t crc_b, uint64_t byte_count_b) {
  // Appending n zero bytes multiplies by x^(8n): square and multiply, beginning with x^8.
  uint32_t power = 1u << 31, factor = 1u << 23;
  for (uint64_t rest = byte_count_b; rest != 0; rest >>= 1) {
    if (rest & 1) power = multiply(power, factor);
    factor = multiply(factor, factor);
  }
  return multiply(power, crc_a) ^ crc_b;
}

#include "CKernels.h"

uint32_t ck_crc32_at(ck_instructions level, uint32_t crc, const void *bytes, size_t count) {
  (void)level;
  const uint8_t *byte = bytes;
  crc = ~crc;
  for (size_t i = 0; i < count; i++) {
    crc ^= byte[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  return ~crc;
}

uint32_t ck_crc32(uint32_t crc, const void *bytes, size_t count) {
  return ck_crc32_at(ck_level(), crc, bytes, count);
}

// The product of two polynomials modulo the CRC's. Bit 31 is the coefficient of x^0.
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (int bit = 31; bit >= 0; bit--) {
    if (a >> bit & 1) product ^= b;
    b = (b >> 1) ^ (0xEDB88320u & (0u - (b & 1)));  // times x
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

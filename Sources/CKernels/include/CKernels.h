#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Continues a CRC-32 (the polynomial of zip and gzip, reflected 0xEDB88320) over `count` bytes.
// Start with 0. Agrees with zlib's `crc32`.
uint32_t ck_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

#endif

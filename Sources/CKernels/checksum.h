// Shared by the checksum kernels; not part of the interface.

#ifndef CK_CHECKSUM_H
#define CK_CHECKSUM_H

#include "CKernels.h"

// Here `state` is the register: the complement of the CRC.

// Eight bytes at a time through tables ("slicing by eight").
uint32_t ck_crc32_scalar(uint32_t state, const uint8_t *bytes, size_t count);

// Fast versions: each takes as many of the first bytes as it can, and says how many.

// PCLMULQDQ, 64 bytes at a time.
size_t ck_crc32_folded(uint32_t *state, const uint8_t *bytes, size_t count);

// VPCLMULQDQ, 256 bytes at a time.
size_t ck_crc32_wide(uint32_t *state, const uint8_t *bytes, size_t count);

#endif

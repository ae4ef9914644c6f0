#ifndef ELEMENTWISE_H
#define ELEMENTWISE_H

#include "CKElementwise.h"

extern const ck_elementwise ck_elementwise_scalar, ck_elementwise_avx2, ck_elementwise_avx512;

#endif

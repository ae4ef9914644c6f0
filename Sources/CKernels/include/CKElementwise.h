#ifndef CKELEMENTWISE_H
#define CKELEMENTWISE_H

#include <stddef.h>

// The loops of a forward pass that are not products of two large matrices, over float32. They work in place
// on `x`, but for `multiply_rows`. Rows lie behind each other, `stride` floats apart where it is given, else
// packed. A NaN stays one, as in PyTorch.
typedef struct {
  // exp(x - max) / sum, for the first `seen` of the `count` values of the first row, and one more in each
  // row; what is not seen becomes 0. `sink` is one more value that takes its share, or -INFINITY.
  void (*softmax)(float *x, size_t rows, size_t count, size_t stride, size_t seen, float sink);
  // x · Φ(x), exact (erf) and by the tanh formula.
  void (*gelu)(float *x, size_t count);
  void (*gelu_tanh)(float *x, size_t count);
  // x · sigmoid(x).
  void (*silu)(float *x, size_t count);
  void (*sigmoid)(float *x, size_t count);
  void (*tanh)(float *x, size_t count);
  // max(x, 0), and its square.
  void (*relu)(float *x, size_t count);
  void (*relu_squared)(float *x, size_t count);
  // c · tanh(x / c).
  void (*softclamp)(float *x, size_t count, float c);
  // y[t · stride + r] = scale · (row r of w) · (row t of x), for rows of `count` values: a product of weights
  // with few tokens, which is one pass over the weights.
  void (*multiply_rows)(const float *w, size_t rows, size_t count, const float *x, size_t tokens,
                        float scale, float *y, size_t stride);
  // x · y and x + y, element by element.
  void (*multiply)(float *x, const float *y, size_t count);
  void (*add)(float *x, const float *y, size_t count);
  // x + y · factor.
  void (*add_scaled)(float *x, const float *y, float factor, size_t count);
  // x · factor.
  void (*scale)(float *x, float factor, size_t count);
  // Each row less its mean, divided by sqrt(biased variance + epsilon); then · (gain + offset) + bias, where
  // gain and bias are not NULL.
  void (*layer_norm)(float *x, size_t rows, size_t count, float epsilon, const float *gain, float offset,
                     const float *bias);
  // Each row · factor / max(|row|, floor); then · (gain + offset), where gain is not NULL.
  void (*length_norm)(float *x, size_t rows, size_t count, size_t stride, float factor, float floor,
                      const float *gain, float offset);
  // Turns pairs of features: (a, b) -> (a·cos − b·sin, b·cos + a·sin). Pairs are neighbours, or the halves of
  // the first 2·pairs features.
  void (*rotate_pairs)(float *x, size_t pairs, const float *cosines, const float *sines);
  void (*rotate_halves)(float *x, size_t pairs, const float *cosines, const float *sines);
} ck_elementwise;

// The kernels of a level (`CK_SCALAR`, `CK_AVX2`, `CK_AVX512`), lowered to what the processor has. The
// scalar ones call the C library's functions and are the reference in tests.
const ck_elementwise *ck_elementwise_at(int level);

#endif

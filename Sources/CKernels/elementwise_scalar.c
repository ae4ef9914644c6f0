// The reference: each formula as it is written, with the C library's functions.

#include <math.h>

#include "elementwise.h"

static void softmax(float *x, size_t rows, size_t count, size_t stride, size_t seen, float sink) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride, max = sink;
    size_t last = seen + r < count ? seen + r : count;
    for (size_t i = 0; i < last; i++) max = row[i] > max ? row[i] : max;
    double sum = sink > -INFINITY ? expf(sink - max) : 0;
    for (size_t i = 0; i < last; i++) sum += row[i] = expf(row[i] - max);
    for (size_t i = 0; i < last; i++) row[i] = (float)(row[i] / sum);
    for (size_t i = last; i < count; i++) row[i] = 0;
  }
}

#define EACH(NAME, FORMULA)                                                                               \
  static void NAME(float *x, size_t count) {                                                              \
    for (size_t i = 0; i < count; i++) {                                                                  \
      float v = x[i];                                                                                     \
      x[i] = FORMULA;                                                                                     \
    }                                                                                                     \
  }

EACH(gelu, 0.5f * v * (1 + erff(v * 0.70710678118654752f)))
EACH(gelu_tanh, 0.5f * v * (1 + tanhf(0.79788456080286536f * (v + 0.044715f * v * v * v))))
EACH(silu, v / (1 + expf(-v)))
EACH(sigmoid, 1 / (1 + expf(-v)))
EACH(hyperbolic_tangent, tanhf(v))
EACH(relu, v < 0 ? 0 : v)
EACH(relu_squared, v < 0 ? 0 : v * v)

static void softclamp(float *x, size_t count, float c) {
  for (size_t i = 0; i < count; i++) x[i] = tanhf(x[i] / c) * c;
}

static void multiply_rows(const float *w, size_t rows, size_t count, const float *x, size_t tokens,
                          float scale, float *y, size_t stride) {
  for (size_t t = 0; t < tokens; t++) {
    for (size_t r = 0; r < rows; r++) {
      double sum = 0;
      for (size_t i = 0; i < count; i++) sum += (double)w[r * count + i] * x[t * count + i];
      y[t * stride + r] = (float)(scale * sum);
    }
  }
}

static void multiply(float *x, const float *y, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] *= y[i];
}

static void add(float *x, const float *y, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += y[i];
}

static void add_scaled(float *x, const float *y, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] += y[i] * factor;
}

static void scale(float *x, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] *= factor;
}

static void layer_norm(float *x, size_t rows, size_t count, float epsilon, const float *gain, float offset,
                       const float *bias) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * count;
    double mean = 0, variance = 0;
    for (size_t i = 0; i < count; i++) mean += row[i];
    mean /= (double)count;
    for (size_t i = 0; i < count; i++) variance += (row[i] - mean) * (row[i] - mean);
    double factor = 1 / sqrt(variance / (double)count + epsilon);
    for (size_t i = 0; i < count; i++) {
      float v = (float)((row[i] - mean) * factor);
      if (gain) v *= gain[i] + offset;
      row[i] = bias ? v + bias[i] : v;
    }
  }
}

static void length_norm(float *x, size_t rows, size_t count, size_t stride, float factor, float floor,
                        const float *gain, float offset) {
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    double squares = 0;
    for (size_t i = 0; i < count; i++) squares += (double)row[i] * row[i];
    float length = (float)sqrt(squares);
    float by = factor / (length > floor ? length : floor);
    for (size_t i = 0; i < count; i++) row[i] *= gain ? by * (gain[i] + offset) : by;
  }
}

static void rotate_pairs(float *x, size_t pairs, const float *cosines, const float *sines) {
  for (size_t i = 0; i < pairs; i++) {
    float a = x[2 * i], b = x[2 * i + 1];
    x[2 * i] = a * cosines[i] - b * sines[i];
    x[2 * i + 1] = b * cosines[i] + a * sines[i];
  }
}

static void rotate_halves(float *x, size_t pairs, const float *cosines, const float *sines) {
  for (size_t i = 0; i < pairs; i++) {
    float a = x[i], b = x[pairs + i];
    x[i] = a * cosines[i] - b * sines[i];
    x[pairs + i] = b * cosines[i] + a * sines[i];
  }
}

const ck_elementwise ck_elementwise_scalar = {
  softmax, gelu, gelu_tanh, silu, sigmoid, hyperbolic_tangent, relu, relu_squared, softclamp, multiply_rows,
  multiply, add, add_scaled, scale, layer_norm, length_norm, rotate_pairs, rotate_halves,
};

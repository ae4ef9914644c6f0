// The vector kernels, written once over a vector type of LANES floats and compiled for each instruction
// set. In order of priority: the scalar reference's result to a few units in the last place, infinities and
// NaNs too; speed.

typedef float vf __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int vi __attribute__((vector_size(4 * LANES), aligned(4)));

#define EACH_VECTOR(COUNT) for (size_t i = 0; i + LANES <= (COUNT); i += LANES)

static inline vf load(const float *x) { return *(const vf *)x; }
static inline void store(float *x, vf v) { *(vf *)x = v; }
static inline vf all(float x) { return (vf){} + x; }
static inline vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
// If a is a NaN, b.
static inline vf larger(vf a, vf b) { return choose(a > b, a, b); }
// A NaN stays one.
static inline vf clamp(vf x, float least, float most) {
  x = choose(x < all(least), all(least), x);
  return choose(x > all(most), all(most), x);
}
static inline vf magnitude(vf x) { return (vf)((vi)x & 0x7fffffff); }
static inline vf with_sign(vf x, vf sign) {
  return (vf)(((vi)x & 0x7fffffff) | ((vi)sign & (int)0x80000000));
}

static inline vf load_some(const float *x, size_t count, float rest) {
  vf v = all(rest);
  __builtin_memcpy(&v, x, 4 * count);
  return v;
}

static inline void store_some(float *x, vf v, size_t count) { __builtin_memcpy(x, &v, 4 * count); }

static inline float sum_of(vf v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

// e^x: x = n·ln 2 + r with |r| <= ln 2 / 2, a polynomial of degree 6 for e^r (Cephes), and n put into the
// exponent. Below -87.3 the result would be subnormal: it is 0 there. Above 88.722839 it is infinite.
static inline vf exponential(vf x) {
  vi tiny = x < all(-87.3f), huge = x > all(88.722839f);
  x = clamp(x, -87.3f, 88.722839f);
  // Adding 1.5 · 2^23 leaves the nearest whole number in the lowest bits.
  vf magic = all(12582912.f), shifted = x * 1.44269504088896341f + magic, n = shifted - magic;
  vi whole = (vi)shifted - (vi)magic, half = whole >> 1;
  vf r = x - n * 0.693359375f + n * 2.12194440e-4f;
  vf p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  // 2^n in two factors, as n may be 128.
  vf scaled = p * (vf)((half + 127) << 23) * (vf)((whole - half + 127) << 23);
  return choose(huge, all(__builtin_inff()), choose(tiny, all(0), scaled));
}

static inline vf logistic(vf x) { return 1 / (1 + exponential(-x)); }

// tanh: near 0 an odd polynomial (Cephes), else 1 - 2 / (e^2x + 1).
static inline vf tangent(vf x) {
  vf m = magnitude(x), s = x * x;
  vf p = all(-5.70498872745e-3f);
  p = p * s + 2.06390887954e-2f;
  p = p * s - 5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s - 3.33332819422e-1f;
  p = p * s * x + x;
  vf large = with_sign(1 - 2 / (exponential(2 * m) + 1), x);
  return choose(m < all(0.625f), p, large);
}

// erf: an odd rational function of the argument (Eigen's generic_fast_erf); from 4 on it is 1.
static inline vf error_function(vf x) {
  vf c = clamp(x, -4, 4), s = c * c;
  vf p = all(-2.72614225801306e-10f);
  p = p * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  vf q = all(-1.45660718464996e-05f);
  q = q * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return choose(magnitude(x) >= all(4), with_sign(all(1), x), c * p / q);
}

static void softmax(float *x, size_t rows, size_t count, size_t stride, size_t seen, float sink) {
  vf none = all(-__builtin_inff());
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride, max = sink;
    size_t last = seen + r < count ? seen + r : count, whole = last / LANES * LANES, rest = last - whole;
    vf most = none, sum = all(0);
    EACH_VECTOR(last) most = larger(load(row + i), most);
    if (rest) most = larger(load_some(row + whole, rest, none[0]), most);
    for (int i = 0; i < LANES; i++) max = most[i] > max ? most[i] : max;
    if (sink > none[0]) sum[0] = exponential(all(sink - max))[0];
    EACH_VECTOR(last) {
      vf v = exponential(load(row + i) - max);
      store(row + i, v);
      sum += v;
    }
    if (rest) {
      vf v = exponential(load_some(row + whole, rest, max) - max);
      store_some(row + whole, v, rest);
      for (size_t i = 0; i < rest; i++) sum[i] += v[i];
    }
    float by = 1 / sum_of(sum);
    for (size_t i = 0; i < last; i++) row[i] *= by;
    for (size_t i = last; i < count; i++) row[i] = 0;
  }
}

// Four rows at a time, so that the processor does not wait for sums, and tokens inside, so that the weights
// are read from memory once.
static void multiply_rows(const float *w, size_t rows, size_t count, const float *x, size_t tokens,
                          float scale, float *y, size_t stride) {
  size_t whole = count / LANES * LANES, rest = count - whole;
  for (size_t r = 0; r < rows; r += 4) {
    size_t some = rows - r < 4 ? rows - r : 4;
    const float *row[4];
    for (size_t j = 0; j < 4; j++) row[j] = w + (r + (j < some ? j : 0)) * count;
    for (size_t t = 0; t < tokens; t++) {
      const float *token = x + t * count;
      vf sum[4] = {all(0), all(0), all(0), all(0)};
      EACH_VECTOR(count) {
        vf v = load(token + i);
        for (size_t j = 0; j < 4; j++) sum[j] += v * load(row[j] + i);
      }
      if (rest) {
        vf v = load_some(token + whole, rest, 0);
        for (size_t j = 0; j < 4; j++) sum[j] += v * load_some(row[j] + whole, rest, 0);
      }
      for (size_t j = 0; j < some; j++) y[t * stride + r + j] = scale * sum_of(sum[j]);
    }
  }
}

#define EACH(NAME, FORMULA)                                                                               \
  static void NAME(float *x, size_t count) {                                                              \
    size_t whole = count / LANES * LANES;                                                                 \
    EACH_VECTOR(count) {                                                                                  \
      vf v = load(x + i);                                                                                 \
      store(x + i, FORMULA);                                                                              \
    }                                                                                                     \
    if (whole == count) return;                                                                           \
    vf v = load_some(x + whole, count - whole, 0);                                                        \
    store_some(x + whole, FORMULA, count - whole);                                                        \
  }

EACH(gelu, 0.5f * v * (1 + error_function(v * 0.70710678118654752f)))
EACH(gelu_tanh, 0.5f * v * (1 + tangent(0.79788456080286536f * (v + 0.044715f * v * v * v))))
EACH(silu, v *logistic(v))
EACH(sigmoid, logistic(v))
EACH(hyperbolic_tangent, tangent(v))
EACH(relu, choose(v < all(0), all(0), v))
EACH(relu_squared, choose(v < all(0), all(0), v * v))

static void softclamp(float *x, size_t count, float c) {
  size_t whole = count / LANES * LANES;
  EACH_VECTOR(count) store(x + i, tangent(load(x + i) / c) * c);
  if (whole < count) {
    store_some(x + whole, tangent(load_some(x + whole, count - whole, 0) / c) * c, count - whole);
  }
}

// The compiler makes vectors of these by itself.
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
  size_t whole = count / LANES * LANES;
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * count;
    vf sum = all(0), squares = all(0);
    EACH_VECTOR(count) sum += load(row + i);
    float total = sum_of(sum);
    for (size_t i = whole; i < count; i++) total += row[i];
    float mean = total / (float)count;
    EACH_VECTOR(count) {
      vf d = load(row + i) - mean;
      squares += d * d;
    }
    float spread = sum_of(squares);
    for (size_t i = whole; i < count; i++) spread += (row[i] - mean) * (row[i] - mean);
    float factor = 1 / __builtin_sqrtf(spread / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) row[i] = (row[i] - mean) * factor;
    if (gain) {
      for (size_t i = 0; i < count; i++) row[i] *= gain[i] + offset;
    }
    if (bias) {
      for (size_t i = 0; i < count; i++) row[i] += bias[i];
    }
  }
}

static void length_norm(float *x, size_t rows, size_t count, size_t stride, float factor, float floor,
                        const float *gain, float offset) {
  size_t whole = count / LANES * LANES;
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    vf sum = all(0);
    EACH_VECTOR(count) sum += load(row + i) * load(row + i);
    float squares = sum_of(sum);
    for (size_t i = whole; i < count; i++) squares += row[i] * row[i];
    float length = __builtin_sqrtf(squares), by = factor / (length > floor ? length : floor);
    for (size_t i = 0; i < count; i++) row[i] *= by;
    if (gain) {
      for (size_t i = 0; i < count; i++) row[i] *= gain[i] + offset;
    }
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

const ck_elementwise KERNELS = {
  softmax, gelu, gelu_tanh, silu, sigmoid, hyperbolic_tangent, relu, relu_squared, softclamp, multiply_rows,
  multiply, add, add_scaled, scale, layer_norm, length_norm, rotate_pairs, rotate_halves,
};

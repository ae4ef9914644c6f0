// The vector kernels, written once over a vector type of LANES floats and compiled for each instruction
// set. In order of priority: the scalar reference's result to a few units in the last place; finite results
// for finite input; speed.

typedef float vf __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int vi __attribute__((vector_size(4 * LANES), aligned(4)));

#define EACH_VECTOR(COUNT) for (size_t i = 0; i + LANES <= (COUNT); i += LANES)

static inline vf load(const float *x) { return *(const vf *)x; }
static inline void store(float *x, vf v) { *(vf *)x = v; }
static inline vf all(float x) { return (vf){} + x; }
static inline vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
static inline vf larger(vf a, vf b) { return choose(a > b, a, b); }
static inline vf smaller(vf a, vf b) { return choose(a < b, a, b); }

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
// exponent. Below -87.3 the result would be subnormal: it is 0 there.
static inline vf exponential(vf x) {
  vi tiny = x < all(-87.3f);
  x = smaller(larger(x, all(-87.3f)), all(88.72f));
  vf shifted = x * 1.44269504088896341f + 12582912.f;
  vf n = shifted - 12582912.f;
  vf r = x - n * 0.693359375f + n * 2.12194440e-4f;
  vf p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1;
  // 2^n in two factors, as n may be 128.
  vi whole = __builtin_convertvector(n, vi), half = whole >> 1;
  vf scaled = p * (vf)((half + 127) << 23) * (vf)((whole - half + 127) << 23);
  return choose(tiny, all(0), scaled);
}

static inline vf logistic(vf x) { return 1 / (1 + exponential(-x)); }

// tanh: an odd rational function of the clamped argument (Eigen's ptanh), good to 2 units in the last place.
static inline vf tangent(vf x) {
  vf c = smaller(larger(x, all(-7.90531110763549805f)), all(7.90531110763549805f)), s = c * c;
  vf p = all(-2.76076847742355e-16f);
  p = p * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  vf q = all(1.19825839466702e-06f);
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return c * p / q;
}

// erf: an odd rational function of the clamped argument (Eigen's generic_fast_erf).
static inline vf error_function(vf x) {
  vf c = smaller(larger(x, all(-4.f)), all(4.f)), s = c * c;
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
  return c * p / q;
}

static void softmax(float *x, size_t rows, size_t count, size_t stride) {
  size_t whole = count / LANES * LANES, rest = count - whole;
  for (size_t r = 0; r < rows; r++) {
    float *row = x + r * stride;
    vf most = all(-__builtin_inff()), sum = all(0);
    EACH_VECTOR(count) most = larger(load(row + i), most);
    if (rest) most = larger(load_some(row + whole, rest, -__builtin_inff()), most);
    float max = most[0];
    for (int i = 1; i < LANES; i++) max = most[i] > max ? most[i] : max;
    EACH_VECTOR(count) {
      vf v = exponential(load(row + i) - max);
      store(row + i, v);
      sum += v;
    }
    if (rest) {
      vf v = exponential(load_some(row + whole, rest, -__builtin_inff()) - max);
      store_some(row + whole, v, rest);
      for (size_t i = 0; i < rest; i++) sum[i] += v[i];
    }
    float by = 1 / sum_of(sum);
    for (size_t i = 0; i < count; i++) row[i] *= by;
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
EACH(relu, larger(v, all(0)))
EACH(relu_squared, larger(v, all(0)) * larger(v, all(0)))

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
  softmax, gelu, gelu_tanh, silu, sigmoid, hyperbolic_tangent, relu, relu_squared, softclamp, multiply, add,
  add_scaled, scale, layer_norm, length_norm, rotate_pairs, rotate_halves,
};

internal import TensorStorage

/// What the values of a tensor are like.
///
/// Minimum, maximum, mean and standard deviation are those of the finite values; of a complex tensor they
/// are of the real and the imaginary parts together.
package struct TensorStatistics: Sendable {
  /// Elements.
  package private(set) var count = 0
  /// Elements that are zero, of either sign.
  package private(set) var zeroCount = 0
  /// Numbers that are NaN.
  package private(set) var nanCount = 0
  /// Numbers that are infinite, of either sign.
  package private(set) var infiniteCount = 0
  /// The least finite value; nil if there is none.
  package private(set) var minimum: ElementValue?
  /// The greatest finite value; nil if there is none.
  package private(set) var maximum: ElementValue?

  private let dtype: DType
  private var numbers = TileNumbers()
  private var moments = Moments()

  /// The mean of the finite values; nil if there is none.
  package var mean: Double? { moments.count > 0 ? moments.mean : nil }

  /// Their standard deviation, the root of the mean squared distance from the mean; nil if there is none.
  package var standardDeviation: Double? {
    moments.count > 0 ? (moments.squaredDistances / Double(moments.count)).squareRoot() : nil
  }

  /// Statistics of no values yet.
  init(dtype: DType) { self.dtype = dtype }

  /// Adds packed elements.
  mutating func add(_ tile: RawSpan) {
    let elementCount = tile.byteCount / (dtype.bitCount / 8)
    count += elementCount
    guard let countPerElement = TileNumbers.countPerElement(of: dtype) else { return }
    numbers.fill(from: tile, dtype: dtype, elementCount: elementCount)
    countSpecials(perElement: countPerElement)
    moments.merge(Moments(ofFinite: numbers.values))
    extendRange(tile)
  }

  /// Adds the statistics of further elements.
  mutating func merge(_ other: TensorStatistics) {
    count += other.count
    zeroCount += other.zeroCount
    nanCount += other.nanCount
    infiniteCount += other.infiniteCount
    if let low = other.minimum, minimum.map({ low < $0 }) ?? true { minimum = low }
    if let high = other.maximum, maximum.map({ $0 < high }) ?? true { maximum = high }
    moments.merge(other.moments)
  }

  /// The same without the buffer that adding needs.
  func closed() -> TensorStatistics {
    var result = self
    result.numbers = TileNumbers()
    return result
  }

  private mutating func countSpecials(perElement: Int) {
    for value in numbers.values where !value.isFinite {
      if value.isNaN { nanCount += 1 } else { infiniteCount += 1 }
    }
    if perElement == 1 {
      zeroCount += numbers.values.count { $0 == 0 }
    } else {
      let values = numbers.values
      zeroCount += stride(from: 0, to: values.count - 1, by: 2).count {
        values[$0] == 0 && values[$0 + 1] == 0
      }
    }
  }

  private mutating func extendRange(_ tile: RawSpan) {
    // Doubles cannot tell all integers of 64 bits apart.
    switch dtype {
    case .i64: extend(by: ElementValue.integers(in: tile, Int64.self)) { .integer($0) }
    case .u64: extend(by: ElementValue.integers(in: tile, UInt64.self)) { .unsigned($0) }
    default: extend(by: numbers.values.lazy.filter(\.isFinite), shown)
    }
  }

  private mutating func extend<T: Comparable>(
    by values: some Sequence<T>, _ show: (T) -> ElementValue
  ) {
    guard let (least, greatest) = Self.bounds(of: values) else { return }
    if minimum.map({ show(least) < $0 }) ?? true { minimum = show(least) }
    if maximum.map({ $0 < show(greatest) }) ?? true { maximum = show(greatest) }
  }

  private static func bounds<T: Comparable>(of values: some Sequence<T>) -> (T, T)? {
    var bounds: (T, T)?
    for value in values {
      guard let (low, high) = bounds else {
        bounds = (value, value)
        continue
      }
      bounds = (min(low, value), max(high, value))
    }
    return bounds
  }

  /// The value in the precision of the dtype.
  private func shown(_ value: Double) -> ElementValue {
    switch dtype {
    case .f16, .c32: .real(.half(Float16(value)))
    case .f64, .c128: .real(.double(value))
    case .bool: .truth(value != 0)
    default:
      dtype.isFloatingPoint || dtype.isComplex
        ? .real(.single(Float(value))) : .integer(Int64(value))
    }
  }
}

/// A mean and the squared distances from it, gathered in parts without losing digits.
private struct Moments: Sendable {
  private(set) var count = 0
  private(set) var mean = 0.0
  private(set) var squaredDistances = 0.0

  /// The moments of nothing.
  init() {}

  /// The moments of the finite ones of `values`: the mean first, then the distances from it.
  init(ofFinite values: [Double]) {
    var sum = 0.0
    for value in values where value.isFinite {
      sum += value
      count += 1
    }
    guard count > 0 else { return }
    mean = sum / Double(count)
    for value in values where value.isFinite {
      squaredDistances += (value - mean) * (value - mean)
    }
  }

  /// Adds the moments of other values (Chan, Golub and LeVeque 1979).
  mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    let total = count + other.count
    let distance = other.mean - mean
    let share = Double(other.count) / Double(total)
    mean += distance * share
    squaredDistances += other.squaredDistances + distance * distance * Double(count) * share
    count = total
  }
}

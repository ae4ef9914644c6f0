internal import TensorStorage

/// Compares tensors of one shape, tile by tile, and keeps only sums.
struct TensorComparison {
  private let dtypes: (a: DType, b: DType)
  private let equality: Equality
  /// Whether elements are compared as bits: exactly, in one dtype; or because they are no numbers.
  private let isBitwise: Bool
  private var numbers = (a: TileNumbers(), b: TileNumbers())
  private var measures = ValueMeasures()
  private var differingCount = 0
  private var firstPosition: Int?
  private var lastPosition = -1

  private init(dtypes: (DType, DType), equality: Equality) {
    self.dtypes = dtypes
    self.equality = equality
    isBitwise =
      dtypes.0 == dtypes.1
      && (equality == .exact || TileNumbers.countPerElement(of: dtypes.0) == nil)
  }

  /// Whether values of the two dtypes can be compared: numbers of one kind, or the same dtype.
  static func isPossible(_ a: DType, _ b: DType) -> Bool {
    let counts = (TileNumbers.countPerElement(of: a), TileNumbers.countPerElement(of: b))
    return a == b || (counts.0 == counts.1 && counts.0 != nil)
  }

  private mutating func add(_ pair: borrowing TilePair) {
    numbers.a.fill(from: pair.a, dtype: dtypes.a, elementCount: pair.elementCount)
    numbers.b.fill(from: pair.b, dtype: dtypes.b, elementCount: pair.elementCount)
    measures.add(numbers.a.values, numbers.b.values)
    if isBitwise && !dtypes.a.isSubByte {
      compareBits(pair)
    } else {
      compareNumbers(pair)
    }
  }

  private mutating func compareNumbers(_ pair: borrowing TilePair) {
    let countPerElement = TileNumbers.countPerElement(of: dtypes.a) ?? 1
    for position in numbers.a.values.indices
    where !isEqual(numbers.a.values[position], numbers.b.values[position]) {
      note(pair.firstElement + position / countPerElement)
    }
  }

  private func isEqual(_ a: Double, _ b: Double) -> Bool {
    // Elements of 4 and 6 bits have no NaN, so that each has a number (or zero) of its own.
    if isBitwise { return a.bitPattern == b.bitPattern }
    if a == b || (a.isNaN && b.isNaN) { return true }
    guard case .within(let absolute, let relative) = equality, a.isFinite, b.isFinite else {
      return false
    }
    return abs(a - b) <= absolute + relative * abs(b)
  }

  private mutating func compareBits(_ pair: borrowing TilePair) {
    switch dtypes.a.bitCount {
    case 8: compareBits(pair, UInt8.self)
    case 16: compareBits(pair, UInt16.self)
    case 32: compareBits(pair, UInt32.self)
    default: compareBits(pair, UInt64.self)
    }
  }

  private mutating func compareBits<T: FixedWidthInteger & BitwiseCopyable>(
    _ pair: borrowing TilePair, _: T.Type
  ) {
    let unitsPerElement = max(1, dtypes.a.bitCount / T.bitWidth)
    for unit in 0..<(pair.elementCount * unitsPerElement) {
      let offset = unit * MemoryLayout<T>.size
      // SAFETY: both tiles hold that many units; every bit pattern is a T.
      let a = unsafe pair.a.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
      let b = unsafe pair.b.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
      if a != b { note(pair.firstElement + unit / unitsPerElement) }
    }
  }

  /// Counts an element that differs; both parts of a complex one may, and it counts once.
  private mutating func note(_ position: Int) {
    if position == lastPosition { return }
    lastPosition = position
    differingCount += 1
    if firstPosition == nil { firstPosition = position }
  }

  private var result: ValueDifference? {
    guard differingCount > 0, let firstPosition else { return nil }
    return ValueDifference(
      differingCount: differingCount, firstPosition: firstPosition,
      maximumAbsolute: measures.maximumAbsolute, maximumRelative: measures.maximumRelative,
      cosine: measures.cosine, nonFiniteCount: measures.nonFiniteCount)
  }
}

extension TensorComparison {
  /// How the values of `a` and `b`, which have one shape, differ; nil if they do not.
  ///
  /// Equal bytes are found at the speed of reading; only where there are others are numbers looked at.
  static func difference(
    of a: LazyTensor, _ b: LazyTensor, equality: Equality, tileByteCount: Int,
    didRead: (Int) throws(FileError) -> Void
  ) throws(FileError) -> ValueDifference? {
    precondition(a.shape == b.shape, "only tensors of one shape can be compared")
    if a.dtype == b.dtype {
      var isEqual = true
      try TilePair.forEach(of: a, b, byteCount: tileByteCount) { pair throws(FileError) in
        isEqual = pair.hasSameBytes
        try didRead(pair.a.byteCount + pair.b.byteCount)
        return isEqual
      }
      if isEqual { return nil }
    }
    var comparison = TensorComparison(dtypes: (a.dtype, b.dtype), equality: equality)
    try TilePair.forEach(of: a, b, byteCount: tileByteCount) { pair throws(FileError) in
      comparison.add(pair)
      // The bytes were told above, or are told here for the first time.
      try didRead(a.dtype == b.dtype ? 0 : pair.a.byteCount + pair.b.byteCount)
      return true
    }
    return comparison.result
  }
}

internal import CKernels

/// Looks for NaN, infinity and zero among elements, by their bits.
public struct ElementScan: Sendable {
  /// The dtype of the numbers: of a complex one its part's.
  private let part: DType
  /// The bits of a number without its sign.
  private let mask: UInt64
  /// The bits of infinity, and one less than the least NaN; nil where there is no infinity.
  private let infinity: UInt64?
  /// The one NaN of a dtype without infinities, with its sign; nil if there is none.
  private let onlyNaN: UInt64?

  /// What is there, and how much of it.
  public struct Specials: Hashable, Sendable {
    /// NaNs.
    public var nanCount = 0
    /// Infinities of either sign.
    public var infiniteCount = 0
    /// The position of the first of either, counted in numbers.
    public var first: Int?
  }

  /// A scan of elements of `dtype`; nil where they are no floating-point numbers of whole bytes.
  public init?(_ dtype: DType) {
    switch dtype {
    case .c32: part = .f16
    case .bc32: part = .bf16
    case .c64: part = .f32
    case .c128: part = .f64
    default: part = dtype
    }
    var (infinity, onlyNaN): (UInt64?, UInt64?) = (nil, nil)
    switch part {
    case .f64: infinity = 0x7FF0_0000_0000_0000
    case .f32: infinity = 0x7F80_0000
    case .f16: infinity = 0x7C00
    case .bf16: infinity = 0x7F80
    case .f8e5m2: infinity = 0x7C
    case .f8e4m3: onlyNaN = 0x7F
    case .f8e8m0: onlyNaN = 0xFF
    case .f8e4m3fnuz, .f8e5m2fnuz: onlyNaN = 0x80
    default: return nil
    }
    self.infinity = infinity
    self.onlyNaN = onlyNaN
    // Every bit of a scale is exponent, and minus zero is NaN where there is no minus zero.
    let hasSign = ![.f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz].contains(part)
    mask = .max >> UInt64(64 - part.bitCount + (hasSign ? 1 : 0))
  }

  /// Bytes of a number: of the element, or of a complex one's part.
  public var numberByteCount: Int { part.bitCount / 8 }

  /// Whether a number can be zero.
  public var hasZero: Bool { part != .f8e8m0 }

  /// The greatest magnitude in packed elements, as bits: 0 if all are zero.
  public func greatest(in elements: RawSpan) -> UInt64 {
    // SAFETY: the span holds that many numbers; it is only read, within the closure.
    unsafe elements.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe ck_greatest(base, numberByteCount, buffer.count / numberByteCount, mask)
    }
  }

  /// Whether elements whose greatest magnitude is `greatest` may have NaN or infinity among them.
  public func mayBeSpecial(_ greatest: UInt64) -> Bool {
    greatest >= infinity ?? onlyNaN ?? .max
  }

  /// Counts NaN and infinity in packed elements, one by one.
  public func specials(in elements: RawSpan) -> Specials {
    var specials = Specials()
    var reader = ByteReader(elements)
    var position = 0
    while let bits = bits(&reader) {
      let isInfinite = infinity == bits & mask
      let isNaN = infinity.map { bits & mask > $0 } ?? (bits & mask == onlyNaN.map { $0 & mask })
      if isInfinite { specials.infiniteCount += 1 }
      if isNaN { specials.nanCount += 1 }
      if isInfinite || isNaN, specials.first == nil { specials.first = position }
      position += 1
    }
    return specials
  }

  private func bits(_ reader: inout ByteReader) -> UInt64? {
    switch numberByteCount {
    case 1: reader.byte().map { UInt64($0) }
    case 2: reader.integer(UInt16.self).map { UInt64($0) }
    case 4: reader.integer(UInt32.self).map { UInt64($0) }
    default: reader.integer(UInt64.self)
    }
  }
}

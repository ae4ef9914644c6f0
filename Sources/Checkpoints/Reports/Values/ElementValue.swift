internal import TensorStorage

/// One element, as it is shown.
package enum ElementValue: Hashable, Sendable {
  case truth(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case real(Real)
  case complex(Real, Real)
  /// Bits that mean no number.
  case bits(UInt16)

  /// A real number in the precision whose shortest digits tell it from its neighbours.
  package enum Real: Hashable, Sendable {
    case half(Float16)
    case single(Float)
    case double(Double)

    /// The number itself.
    package var value: Double {
      switch self {
      case .half(let value): Double(value)
      case .single(let value): Double(value)
      case .double(let value): value
      }
    }
  }
}

extension ElementValue.Real: CustomStringConvertible {
  /// The shortest digits that give the same number again; `nan`, `inf` and `-inf` as Python prints them.
  package var description: String {
    switch self {
    case .half(let value): value.isNaN ? "nan" : "\(value)"
    case .single(let value): value.isNaN ? "nan" : "\(value)"
    case .double(let value): value.isNaN ? "nan" : "\(value)"
    }
  }
}

extension ElementValue: CustomStringConvertible {
  /// The value as Python prints it.
  package var description: String {
    switch self {
    case .truth(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .real(let value): "\(value)"
    case .complex(let real, let imaginary):
      // A sign of its own: 1.0-2.0j, 1.0+nanj.
      imaginary.value.sign == .minus && !imaginary.value.isNaN
        ? "(\(real)\(imaginary)j)" : "(\(real)+\(imaginary)j)"
    case .bits(let bits): "0x" + String(bits, radix: 16)
    }
  }

  /// The value as JSON: complex numbers as a pair, numbers that JSON lacks as strings.
  package var json: JSONValue {
    switch self {
    case .truth(let value): .bool(value)
    case .integer(let value): .int(Int(value))
    case .unsigned(let value): Int(exactly: value).map { .int($0) } ?? .double(Double(value))
    case .real(let value): .double(value.value)
    case .complex(let real, let imaginary): [.double(real.value), .double(imaginary.value)]
    case .bits(let bits): .int(Int(bits))
    }
  }
}

extension ElementValue {
  /// Whether `a` is less than `b`, two numbers of one dtype that are neither complex nor NaN.
  static func < (a: ElementValue, b: ElementValue) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): a < b
    case (.unsigned(let a), .unsigned(let b)): a < b
    case (.real(let a), .real(let b)): a.value < b.value
    case (.truth(let a), .truth(let b)): !a && b
    default: false
    }
  }

  /// The elements of `tile`, packed and little-endian, of a dtype with whole bytes.
  static func values(in tile: RawSpan, dtype: DType) -> [ElementValue] {
    switch dtype {
    case .bool: integers(in: tile, UInt8.self).map { .truth($0 != 0) }
    case .i8: integers(in: tile, Int8.self).map { .integer(Int64($0)) }
    case .i16: integers(in: tile, Int16.self).map { .integer(Int64($0)) }
    case .i32: integers(in: tile, Int32.self).map { .integer(Int64($0)) }
    case .i64: integers(in: tile, Int64.self).map { .integer($0) }
    case .u8: integers(in: tile, UInt8.self).map { .unsigned(UInt64($0)) }
    case .u16: integers(in: tile, UInt16.self).map { .unsigned(UInt64($0)) }
    case .u32: integers(in: tile, UInt32.self).map { .unsigned(UInt64($0)) }
    case .u64: integers(in: tile, UInt64.self).map { .unsigned($0) }
    case .bits16: integers(in: tile, UInt16.self).map { .bits($0) }
    case .bits8, .bits1x8, .bits2x4, .bits4x2:
      integers(in: tile, UInt8.self).map { .bits(UInt16($0)) }
    case .c32, .bc32, .c64, .c128: pairs(reals(in: tile, dtype: dtype))
    default: reals(in: tile, dtype: dtype).map { .real($0) }
    }
  }

  private static func pairs(_ parts: [Real]) -> [ElementValue] {
    stride(from: 0, to: parts.count - 1, by: 2).map { .complex(parts[$0], parts[$0 + 1]) }
  }

  /// The floating-point numbers of `tile`; a complex element is two.
  private static func reals(in tile: RawSpan, dtype: DType) -> [Real] {
    var numbers = TileNumbers()
    numbers.fill(from: tile, dtype: dtype, elementCount: tile.byteCount / (dtype.bitCount / 8))
    switch dtype {
    case .f16, .c32: return numbers.values.map { .half(Float16($0)) }
    case .f64, .c128: return numbers.values.map { .double($0) }
    default: return numbers.values.map { .single(Float($0)) }
    }
  }

  static func integers<T: FixedWidthInteger & BitwiseCopyable>(
    in tile: RawSpan, _: T.Type
  ) -> [T] {
    var reader = ByteReader(tile)
    var values: [T] = []
    values.reserveCapacity(tile.byteCount / MemoryLayout<T>.size)
    while let value = reader.integer(T.self) { values.append(value) }
    return values
  }
}

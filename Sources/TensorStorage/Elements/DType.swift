/// The type of a tensor's elements.
///
/// The first 22 cases are the dtypes of safetensors 0.8.0, in the order of its `Dtype` enumeration,
/// which is also the key by which its writer sorts tensors. The rest exist only in torch
/// checkpoints: they are listed, copied and written back to `.pt`, but safetensors cannot hold them.
public enum DType: UInt8, CaseIterable, Hashable, Sendable {
  case bool, f4, f6e2m3, f6e3m2, u8, i8, f8e5m2, f8e4m3, f8e8m0, f8e4m3fnuz, f8e5m2fnuz
  case i16, u16, f16, bf16, i32, u32, f32, c64, f64, i64, u64
  case c32, bc32, c128, bits8, bits16, bits1x8, bits2x4, bits4x2
}

extension DType {
  /// The facts of one dtype: a row of the table that everything else is read from.
  private struct Row {
    var name: String
    var bitCount: Int
    var torchName: String?
    var numpyCode: String?
  }

  private var row: Row {
    switch self {
    case .bool: Row(name: "BOOL", bitCount: 8, torchName: "bool", numpyCode: "b1")
    case .f4: Row(name: "F4", bitCount: 4, torchName: "float4_e2m1fn_x2")
    case .f6e2m3: Row(name: "F6_E2M3", bitCount: 6)
    case .f6e3m2: Row(name: "F6_E3M2", bitCount: 6)
    case .u8: Row(name: "U8", bitCount: 8, torchName: "uint8", numpyCode: "u1")
    case .i8: Row(name: "I8", bitCount: 8, torchName: "int8", numpyCode: "i1")
    case .f8e5m2: Row(name: "F8_E5M2", bitCount: 8, torchName: "float8_e5m2")
    case .f8e4m3: Row(name: "F8_E4M3", bitCount: 8, torchName: "float8_e4m3fn")
    case .f8e8m0: Row(name: "F8_E8M0", bitCount: 8, torchName: "float8_e8m0fnu")
    case .f8e4m3fnuz: Row(name: "F8_E4M3FNUZ", bitCount: 8, torchName: "float8_e4m3fnuz")
    case .f8e5m2fnuz: Row(name: "F8_E5M2FNUZ", bitCount: 8, torchName: "float8_e5m2fnuz")
    case .i16: Row(name: "I16", bitCount: 16, torchName: "int16", numpyCode: "i2")
    case .u16: Row(name: "U16", bitCount: 16, torchName: "uint16", numpyCode: "u2")
    case .f16: Row(name: "F16", bitCount: 16, torchName: "float16", numpyCode: "f2")
    case .bf16: Row(name: "BF16", bitCount: 16, torchName: "bfloat16")
    case .i32: Row(name: "I32", bitCount: 32, torchName: "int32", numpyCode: "i4")
    case .u32: Row(name: "U32", bitCount: 32, torchName: "uint32", numpyCode: "u4")
    case .f32: Row(name: "F32", bitCount: 32, torchName: "float32", numpyCode: "f4")
    case .c64: Row(name: "C64", bitCount: 64, torchName: "complex64", numpyCode: "c8")
    case .f64: Row(name: "F64", bitCount: 64, torchName: "float64", numpyCode: "f8")
    case .i64: Row(name: "I64", bitCount: 64, torchName: "int64", numpyCode: "i8")
    case .u64: Row(name: "U64", bitCount: 64, torchName: "uint64", numpyCode: "u8")
    case .c32: Row(name: "C32", bitCount: 32, torchName: "complex32")
    case .bc32: Row(name: "BC32", bitCount: 32, torchName: "bcomplex32")
    case .c128: Row(name: "C128", bitCount: 128, torchName: "complex128", numpyCode: "c16")
    case .bits8: Row(name: "BITS8", bitCount: 8, torchName: "bits8")
    case .bits16: Row(name: "BITS16", bitCount: 16, torchName: "bits16")
    case .bits1x8: Row(name: "BITS1X8", bitCount: 8, torchName: "bits1x8")
    case .bits2x4: Row(name: "BITS2X4", bitCount: 8, torchName: "bits2x4")
    case .bits4x2: Row(name: "BITS4X2", bitCount: 8, torchName: "bits4x2")
    }
  }

  /// The safetensors name, as `F32`; for a dtype that safetensors lacks, one in its manner (`C128`).
  public var name: String { row.name }

  /// Bits per element: 4 and 6 for the sub-byte kinds.
  public var bitCount: Int { row.bitCount }

  /// The attribute of the `torch` module, as `float32`; nil where torch has none (`F6_*`).
  public var torchName: String? { row.torchName }

  /// The type and size of a numpy `descr`, as `f4`, without the byte order; nil where numpy has none.
  public var numpyCode: String? { row.numpyCode }

  /// Whether safetensors 0.8.0 can hold it.
  public var isSafetensors: Bool { rawValue <= DType.u64.rawValue }

  /// Whether several elements share a byte.
  public var isSubByte: Bool { bitCount < 8 }

  /// Whether it holds real floating-point numbers, of any width.
  public var isFloatingPoint: Bool {
    switch self {
    case .f4, .f6e2m3, .f6e3m2, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: true
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  /// Whether it holds complex numbers.
  public var isComplex: Bool {
    switch self {
    case .c32, .bc32, .c64, .c128: true
    default: false
    }
  }

  /// Bytes of the unit whose order a big-endian file reverses: the element, or a complex one's part.
  public var swapUnitByteCount: Int {
    isComplex ? bitCount / 16 : max(1, bitCount / 8)
  }

  /// Bytes that `elementCount` elements take, packed; nil on overflow or where the last byte is
  /// not full (three `F4` elements).
  public func byteCount(elementCount: Int) -> Int? {
    let (bits, overflow) = elementCount.multipliedReportingOverflow(by: bitCount)
    if !overflow { return bits.isMultiple(of: 8) ? bits / 8 : nil }
    guard !isSubByte else { return nil }
    let (bytes, tooLarge) = elementCount.multipliedReportingOverflow(by: bitCount / 8)
    return tooLarge ? nil : bytes
  }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
  private static let byTorchName = Dictionary(
    uniqueKeysWithValues: allCases.compactMap { dtype in dtype.torchName.map { ($0, dtype) } })

  /// The dtype of a safetensors name, as `BF16`; nil if there is none.
  public init?(name: String) {
    guard let dtype = Self.byName[name] else { return nil }
    self = dtype
  }

  /// The dtype of a `torch` attribute, as `bfloat16`; nil if there is none.
  public init?(torchName: String) {
    guard let dtype = Self.byTorchName[torchName] else { return nil }
    self = dtype
  }
}

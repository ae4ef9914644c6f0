internal import TensorStorage

/// The class of a storage in a persistent id: what one element of it is.
enum StorageClass: Hashable, Sendable {
  /// Elements of one dtype; the persistent id counts elements.
  case typed(DType)
  /// Bytes, the dtype being told by each tensor; the persistent id counts bytes.
  case untyped
  /// Integers of a quantised tensor: the dtype of the integers.
  case quantised(DType)
  /// Integers of 4 or 2 bits, several in a byte; the persistent id counts bytes.
  case packedQuantised(bitCount: Int)

  /// The class that a pickle calls `module.name`; nil if torch has no such storage.
  init?(_ global: PickleGraph.Global) {
    if Self.untypedNames.contains("\(global.module) \(global.name)") {
      self = .untyped
      return
    }
    guard global.module == "torch" || global.module == "torch.cuda",
      let found = Self.byName[global.name]
    else { return nil }
    self = found
  }

  /// Bytes of what the persistent id counts.
  var unitByteCount: Int {
    switch self {
    case .typed(let dtype), .quantised(let dtype): dtype.bitCount / 8
    case .untyped, .packedQuantised: 1
    }
  }

  /// The dtype of a tensor that is made of the storage as it is.
  var dtype: DType? {
    switch self {
    case .typed(let dtype), .quantised(let dtype): dtype
    case .packedQuantised: .u8
    case .untyped: nil
    }
  }

  private static let untypedNames: Set<String> = [
    "torch.storage UntypedStorage", "torch UntypedStorage",
    // Their names in torch 1.11 and 1.12.
    "torch.storage _UntypedStorage", "torch _UntypedStorage",
  ]

  private static let byName: [String: StorageClass] = [
    "DoubleStorage": .typed(.f64), "FloatStorage": .typed(.f32), "HalfStorage": .typed(.f16),
    "BFloat16Storage": .typed(.bf16), "LongStorage": .typed(.i64), "IntStorage": .typed(.i32),
    "ShortStorage": .typed(.i16), "CharStorage": .typed(.i8), "ByteStorage": .typed(.u8),
    "BoolStorage": .typed(.bool), "ComplexFloatStorage": .typed(.c64),
    "ComplexDoubleStorage": .typed(.c128),
    "QInt8Storage": .quantised(.i8), "QUInt8Storage": .quantised(.u8),
    "QInt32Storage": .quantised(.i32),
    "QUInt4x2Storage": .packedQuantised(bitCount: 4),
    "QUInt2x4Storage": .packedQuantised(bitCount: 2),
  ]
}

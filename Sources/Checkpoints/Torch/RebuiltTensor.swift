internal import TensorStorage

/// What one tensor of a pickle becomes: a tensor, or several that stand for it.
struct RebuiltTensor {
  /// What kinds of tensor are more than a view of a storage.
  enum Kind: Hashable {
    case plain
    /// Integers, and what scales them.
    case quantised
    /// Indices and values.
    case sparse
    /// A buffer and the shapes of the tensors in it.
    case nested
    /// A shell without elements, whose tensors are its attributes.
    case shell
    /// A shape without data.
    case meta
    /// A tensor whose elements are converted because a device lacked their dtype.
    case converted
    /// An array or a scalar of numpy.
    case array
  }

  /// A tensor under the name of the whole and a suffix, which is empty or begins with a dot.
  struct Part {
    var suffix: String
    var tensor: LazyTensor
  }

  var kind = Kind.plain
  var parts: [Part]
  var role = TensorRole.plain
  /// What Python keeps beside the elements: the attributes of a tensor subclass or of a Parameter.
  var attributes: [TorchValue] = []
  /// The class, if it is not torch's own.
  var className: String?
  /// The object of the pickle that it is, once it was met under a name.
  var object: TorchValue?

  init(_ tensor: LazyTensor, kind: Kind = .plain) {
    self.kind = kind
    parts = [Part(suffix: "", tensor: tensor)]
  }

  init(kind: Kind, parts: [Part]) {
    self.kind = kind
    self.parts = parts
  }
}

extension RebuiltTensor.Part {
  /// A list of integers as a tensor of one dimension.
  static func integers(_ suffix: String, _ values: [Int]) -> RebuiltTensor.Part? {
    tensor(
      suffix, .i64, shape: [values.count],
      values.flatMap { littleEndian(UInt64(bitPattern: Int64($0))) })
  }

  /// An integer as a tensor without dimensions.
  static func integer(_ suffix: String, _ value: Int) -> RebuiltTensor.Part? {
    tensor(suffix, .i64, shape: [], littleEndian(UInt64(bitPattern: Int64(value))))
  }

  /// A floating-point number as a tensor without dimensions.
  static func number(_ suffix: String, _ value: Double) -> RebuiltTensor.Part? {
    tensor(suffix, .f64, shape: [], littleEndian(value.bitPattern))
  }

  private static func tensor(
    _ suffix: String, _ dtype: DType, shape: [Int], _ bytes: [UInt8]
  ) -> RebuiltTensor.Part? {
    LazyTensor(dtype: dtype, shape: shape, storage: Storage(MemoryBytes(bytes)))
      .map { RebuiltTensor.Part(suffix: suffix, tensor: $0) }
  }

  private static func littleEndian(_ bits: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
  }
}

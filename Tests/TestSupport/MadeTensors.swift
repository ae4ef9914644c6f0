public import Checkpoints
public import TensorStorage

/// Tensors and checkpoints made in memory.
public enum Made {
  /// A packed tensor whose bytes are those of `elements`, little-endian.
  public static func tensor<T: FixedWidthInteger>(
    _ dtype: DType, _ shape: [Int], bits elements: [T]
  ) throws -> LazyTensor {
    let bytes = elements.flatMap { element in
      (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: element >> (8 * $0)) }
    }
    return try tensor(dtype, shape, storage: Storage(MemoryBytes(bytes)))
  }

  /// A packed tensor of single-precision numbers.
  public static func floats(_ shape: [Int], _ values: [Float]) throws -> LazyTensor {
    try tensor(.f32, shape, bits: values.map(\.bitPattern))
  }

  /// A view into `storage`.
  public static func tensor(
    _ dtype: DType, _ shape: [Int], storage: Storage, byteOffset: Int = 0, strides: [Int]? = nil
  ) throws -> LazyTensor {
    let tensor = LazyTensor(
      dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset, strides: strides)
    guard let tensor else { throw Impossible(what: "a \(dtype) view of shape \(shape)") }
    return tensor
  }

  /// A checkpoint with those tensors.
  public static func checkpoint(_ tensors: [(String, LazyTensor)]) throws -> Checkpoint {
    var checkpoint = Checkpoint()
    for (name, tensor) in tensors {
      guard checkpoint.append(Checkpoint.Entry(name: TensorName(name), tensor: tensor)) else {
        throw Impossible(what: "a second '\(name)'")
      }
    }
    return checkpoint
  }

  /// What cannot be made.
  public struct Impossible: Error {
    /// What was asked for.
    public var what: String
  }
}

public import TensorStorage
internal import Synchronization

/// A weight of a module: its shape, its values (not yet read), and whether training changes it.
///
/// Sharing is identity, as in PyTorch: two modules that hold the same `Parameter` object are tied, and it
/// counts once.
public final class Parameter: Sendable {
  /// The extents, outermost first.
  public let shape: [Int]
  /// The values.
  public let tensor: LazyTensor
  /// Whether it is a buffer: saved, but not trained and not counted as a parameter.
  public let isBuffer: Bool

  private let trainable: Atomic<Bool>

  /// A weight with the values of `tensor`.
  public init(tensor: LazyTensor, isBuffer: Bool = false, isTrainable: Bool = true) {
    shape = tensor.shape
    self.tensor = tensor
    self.isBuffer = isBuffer
    trainable = Atomic(isTrainable && !isBuffer)
  }

  /// Whether training changes it (`requires_grad`); false for a buffer.
  public var isTrainable: Bool {
    get { trainable.load(ordering: .relaxed) }
    set { trainable.store(newValue && !isBuffer, ordering: .relaxed) }
  }

  /// The product of the extents.
  public var elementCount: Int { tensor.elementCount }
}

public import Checkpoints
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

  /// How torch holds it in the checkpoint that it was taken from.
  private let role: TensorRole
  private let trainable: Atomic<Bool>

  /// A weight with the values of `tensor`.
  public init(tensor: LazyTensor, isBuffer: Bool = false, isTrainable: Bool = true) {
    shape = tensor.shape
    self.tensor = tensor
    self.isBuffer = isBuffer
    role = .plain
    trainable = Atomic(isTrainable && !isBuffer)
  }

  /// A weight that is a checkpoint's entry.
  init(_ entry: Checkpoint.Entry, isBuffer: Bool) {
    shape = entry.tensor.shape
    tensor = entry.tensor
    self.isBuffer = isBuffer
    role = entry.role
    trainable = Atomic(entry.role != .parameter(requiresGrad: false) && !isBuffer)
  }

  /// How torch is to hold it: as it was, unless it was frozen or thawed since.
  ///
  /// A state dict has plain tensors; only what training leaves alone must say so.
  public var savedRole: TensorRole {
    if isBuffer { return role == .parameter(requiresGrad: false) ? role : .plain }
    if role == .plain, isTrainable { return .plain }
    return .parameter(requiresGrad: isTrainable)
  }

  /// Whether training changes it (`requires_grad`); false for a buffer.
  public var isTrainable: Bool {
    get { trainable.load(ordering: .relaxed) }
    set { trainable.store(newValue && !isBuffer, ordering: .relaxed) }
  }

  /// The product of the extents.
  public var elementCount: Int { tensor.elementCount }
}

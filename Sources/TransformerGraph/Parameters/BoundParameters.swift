internal import Checkpoints
internal import TensorStorage

/// Takes the parameters of a graph from a checkpoint, and notes what fits and what does not.
final class BoundParameters: ParameterSource {
  /// The slots in the order in which the graph asked for them.
  private(set) var slots: [Slot] = []

  private let checkpoint: Checkpoint
  private let prefix: String
  private let branches: Set<TensorName>
  private var bySameView: [ObjectIdentifier: [Parameter]] = [:]

  /// A source over `checkpoint`, in whose names `prefix` (as `module.`) stands before each path.
  init(_ checkpoint: Checkpoint, prefix: String) {
    self.checkpoint = checkpoint
    self.prefix = prefix
    var branches: Set<TensorName> = []
    for entry in checkpoint.entries where entry.name.text.hasPrefix(prefix) {
      var path = Substring(entry.name.text.dropFirst(prefix.count))
      while let dot = path.lastIndex(of: ".") {
        path = path[..<dot]
        guard branches.insert(TensorName(String(path))).inserted else { break }
      }
    }
    self.branches = branches
  }

  func has(_ path: String, isDefault: Bool) -> Bool {
    checkpoint.position(of: TensorName(prefix + path)) != nil
  }

  func hasAny(below path: String) -> Bool { branches.contains(TensorName(path)) }

  func parameter(
    at path: String, shape: [Int], initialValues: InitialValues, isBuffer: Bool
  ) -> Parameter {
    guard let position = checkpoint.position(of: TensorName(prefix + path)) else {
      return add(path, shape, .missing, absent(shape), isBuffer: isBuffer)
    }
    let entry = checkpoint.entries[position]
    guard entry.tensor.shape == shape else {
      return add(
        path, shape, .mismatched(found: entry.tensor.shape), absent(shape), isBuffer: isBuffer)
    }
    if let shared = sharedParameter(entry.tensor) {
      slots.append(
        Slot(path: path, shape: shape, parameter: shared, state: .bound, sharesEarlier: true))
      return shared
    }
    let parameter = Parameter(entry, isBuffer: isBuffer)
    slots.append(
      Slot(path: path, shape: shape, parameter: parameter, state: .bound, sharesEarlier: false))
    bySameView[ObjectIdentifier(entry.tensor.storage), default: []].append(parameter)
    return parameter
  }

  func share(_ parameter: Parameter, at path: String) {
    let isThere = checkpoint.position(of: TensorName(prefix + path)) != nil
    slots.append(
      Slot(
        path: path, shape: parameter.shape, parameter: parameter,
        state: isThere ? .bound : .implied,
        sharesEarlier: true))
  }

  /// Two names of one storage are one parameter, as in PyTorch.
  private func sharedParameter(_ tensor: LazyTensor) -> Parameter? {
    guard !tensor.storageRange.isEmpty else { return nil }
    return bySameView[ObjectIdentifier(tensor.storage)]?.first { $0.tensor.isSameView(as: tensor) }
  }

  private func add(
    _ path: String, _ shape: [Int], _ state: Slot.State, _ tensor: LazyTensor?, isBuffer: Bool
  ) -> Parameter {
    let parameter = Parameter(tensor: tensor ?? .nothing, isBuffer: isBuffer)
    slots.append(
      Slot(path: path, shape: shape, parameter: parameter, state: state, sharesEarlier: false))
    return parameter
  }

  /// A tensor of that shape without data; nil if its size overflows.
  private func absent(_ shape: [Int]) -> LazyTensor? {
    guard let count = Layout.elementCount(of: shape),
      let byteCount = DType.f32.byteCount(elementCount: count)
    else { return nil }
    let file = checkpoint.source.files.first ?? "the checkpoint"
    return LazyTensor(
      dtype: .f32, shape: shape, storage: Storage(AbsentBytes(file: file, byteCount: byteCount)))
  }
}

/// A place for a tensor in a graph.
public struct Slot: Sendable {
  /// How the checkpoint fills it.
  public enum State: Hashable, Sendable {
    /// A tensor of that name and shape is there.
    case bound
    /// It is shared with an earlier slot, and the file holds it under that one's name only.
    case implied
    /// The checkpoint has no tensor of that name.
    case missing
    /// The tensor of that name has another shape.
    case mismatched(found: [Int])
  }

  /// The parameter's path, as in `state_dict()`, without the checkpoint's prefix.
  public let path: String
  /// The shape that the configuration asks for.
  public let shape: [Int]
  /// The parameter.
  public let parameter: Parameter
  /// How it is filled.
  public let state: State
  /// Whether an earlier slot holds the same parameter.
  public let sharesEarlier: Bool

  /// The slot with its path below `module` only.
  func relative(to module: String) -> Slot {
    guard !module.isEmpty, path.hasPrefix(module + ".") else { return self }
    return Slot(
      path: String(path.dropFirst(module.count + 1)), shape: shape, parameter: parameter,
      state: state, sharesEarlier: sharesEarlier)
  }

  /// The slot with its path below one more module.
  func below(_ module: String, sharesEarlier: Bool) -> Slot {
    Slot(
      path: module.isEmpty ? path : "\(module).\(path)", shape: shape, parameter: parameter,
      state: state, sharesEarlier: sharesEarlier)
  }
}

extension LazyTensor {
  /// A tensor without elements, in the place of one whose size cannot be.
  static var nothing: LazyTensor {
    guard let tensor = LazyTensor(dtype: .f32, shape: [0], storage: Storage(MemoryBytes([]))) else {
      preconditionFailure("an empty tensor fits into an empty storage")
    }
    return tensor
  }
}

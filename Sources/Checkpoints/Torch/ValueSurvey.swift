/// Which values of a file hold tensors, found in one visit of each.
///
/// What holds none is described and never entered again, so that only tensors make a file long to read.
struct ValueSurvey {
  private var holders: Set<TorchValue> = []
  /// Those that hold tensors of torch, rather than arrays of numpy alone.
  private var torchHolders: Set<TorchValue> = []

  /// Looks at everything in `root`.
  init(_ root: TorchValue) throws(FormatError) {
    var parents: [TorchValue: [TorchValue]] = [:]
    var pending: [TorchValue] = []
    var seen: Set<TorchValue> = []
    let root = try root.resolved()
    if ValueKind(root) == .container {
      pending.append(root)
      seen.insert(root)
    }
    var direct: [TorchValue] = []
    var directTorch: [TorchValue] = []
    while let container = pending.popLast() {
      var (holdsArray, holdsTensor) = (false, false)
      for child in ValueChildren(of: container, scope: .everything) {
        let value = try child.value.resolved()
        switch ValueKind(value) {
        case .leaf: continue
        case .tensor: if value.isArray { holdsArray = true } else { holdsTensor = true }
        case .container:
          parents[value, default: []].append(container)
          if seen.insert(value).inserted { pending.append(value) }
        }
      }
      if holdsTensor { directTorch.append(container) }
      if holdsTensor || holdsArray { direct.append(container) }
    }
    holders = Self.ancestors(of: direct, parents)
    torchHolders = Self.ancestors(of: directTorch, parents)
  }

  /// Those containers and all that lead to them.
  private static func ancestors(
    of values: [TorchValue], _ parents: [TorchValue: [TorchValue]]
  ) -> Set<TorchValue> {
    var result = Set(values)
    var pending = values
    while let value = pending.popLast() {
      for parent in parents[value] ?? [] where result.insert(parent).inserted {
        pending.append(parent)
      }
    }
    return result
  }

  /// Whether `value`, which is resolved, is a tensor or holds one somewhere; arrays count.
  func holdsTensor(_ value: TorchValue) -> Bool {
    holders.contains(value) || ValueKind(value) == .tensor
  }

  /// Whether `value`, which is resolved, is a tensor of torch or holds one somewhere.
  func holdsTorchTensor(_ value: TorchValue) -> Bool {
    torchHolders.contains(value) || (ValueKind(value) == .tensor && !value.isArray)
  }
}

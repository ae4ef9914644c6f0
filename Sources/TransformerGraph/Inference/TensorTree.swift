internal import Checkpoints
internal import TensorStorage

/// The names and shapes of a checkpoint as a tree: the parts between dots lead down.
struct TensorTree {
  /// What stands before the names here, with its dot.
  let prefix: String
  /// The shape of the tensor that has this very name.
  private(set) var shape: [Int]?
  private var branches: [String: TensorTree] = [:]

  init(_ checkpoint: Checkpoint) {
    prefix = ""
    for entry in checkpoint.entries {
      let parts = entry.name.text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count <= Self.greatestDepth else { continue }
      insert(entry.tensor.shape, at: parts[...])
    }
  }

  private init(prefix: String) { self.prefix = prefix }

  private mutating func insert(_ shape: [Int], at path: ArraySlice<Substring>) {
    guard let first = path.first else {
      self.shape = shape
      return
    }
    branches[String(first), default: TensorTree(prefix: "\(prefix)\(first).")]
      .insert(shape, at: path.dropFirst())
  }

  private func branch(_ name: String) -> TensorTree? {
    var place = self
    for part in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard let next = place.branches[String(part)] else { return nil }
      place = next
    }
    return place
  }

  /// The shape of the tensor of that name.
  subscript(name: String) -> [Int]? { branch(name)?.shape }

  /// Whether there is a tensor of that name, or one below it.
  func has(_ name: String) -> Bool { branch(name) != nil }

  /// What is below a name.
  func below(_ name: String) -> TensorTree {
    branch(name) ?? TensorTree(prefix: "\(prefix)\(name).")
  }

  /// All names, in no order, and their shapes.
  var tensors: [(name: String, shape: [Int])] {
    branches.flatMap { part, branch in
      (branch.shape.map { [(part, $0)] } ?? [])
        + branch.tensors.map { ("\(part).\($0.name)", $0.shape) }
    }
  }

  /// The children whose names are numbers, in order.
  var numberedChildren: [Int] { branches.keys.compactMap { Int($0) }.sorted() }

  /// The first parts of names, in order.
  var children: [String] { branches.keys.sorted() }

  // No module of x-transformers lies deeper; a name of dots alone must not exhaust the stack.
  private static let greatestDepth = 48
}

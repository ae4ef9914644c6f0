internal import Checkpoints
internal import TensorStorage

/// The names and shapes of a checkpoint below a prefix, as inference asks for them.
struct TensorTree {
  private let shapes: [TensorName: [Int]]
  /// The prefix that was taken off.
  let prefix: String

  init(_ checkpoint: Checkpoint, prefix: String = "") {
    var shapes: [TensorName: [Int]] = [:]
    for entry in checkpoint.entries where entry.name.text.hasPrefix(prefix) {
      shapes[TensorName(String(entry.name.text.dropFirst(prefix.count)))] = entry.tensor.shape
    }
    self.shapes = shapes
    self.prefix = prefix
  }

  private init(shapes: [TensorName: [Int]], prefix: String) {
    self.shapes = shapes
    self.prefix = prefix
  }

  /// Whether there is nothing.
  var isEmpty: Bool { shapes.isEmpty }

  /// The shape of the tensor of that name.
  subscript(name: String) -> [Int]? { shapes[TensorName(name)] }

  /// Whether there is a tensor of that name, or one below it.
  func has(_ name: String) -> Bool {
    shapes.keys.contains { $0.text == name || $0.text.hasPrefix(name + ".") }
  }

  /// The names, in no order.
  var names: [String] { shapes.keys.map(\.text) }

  /// What is below a name.
  func below(_ name: String) -> TensorTree {
    let start = name + "."
    var part: [TensorName: [Int]] = [:]
    for (key, shape) in shapes where key.text.hasPrefix(start) {
      part[TensorName(String(key.text.dropFirst(start.count)))] = shape
    }
    return TensorTree(shapes: part, prefix: prefix + start)
  }

  /// The children whose names are numbers, in order.
  var numberedChildren: [Int] {
    Set(shapes.keys.compactMap { key in key.text.split(separator: ".").first.flatMap { Int($0) } })
      .sorted()
  }

  /// The first names of children that are not numbers.
  var children: Set<String> {
    Set(shapes.keys.compactMap { $0.text.split(separator: ".").first.map(String.init) })
  }
}

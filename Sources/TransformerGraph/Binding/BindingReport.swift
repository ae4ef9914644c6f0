public import Checkpoints
internal import TensorStorage

/// What of a checkpoint fits a graph, and what does not.
public struct BindingReport: Sendable {
  /// A name that is on one side only, with the nearest one on the other side that is free too.
  public struct Stray: Hashable, Sendable {
    /// The name: a path of the graph, or a tensor of the checkpoint.
    public let name: String
    /// Its shape.
    public let shape: [Int]
    /// The name that it was probably meant to have.
    public let nearest: String?
  }

  /// A tensor whose shape is not the slot's.
  public struct Mismatch: Hashable, Sendable {
    /// The slot's path.
    public let name: String
    /// The shape that the configuration asks for.
    public let expected: [Int]
    /// The tensor's shape.
    public let found: [Int]
  }

  /// What stands before each path in the checkpoint's names.
  public let prefix: String
  /// Slots that are filled.
  public let boundCount: Int
  /// Slots without a tensor.
  public let missing: [Stray]
  /// Tensors without a slot.
  public let unexpected: [Stray]
  /// Tensors of another shape than their slot.
  public let mismatched: [Mismatch]
  /// Names that share one parameter, each group in the graph's order.
  public let sharedNames: [[String]]
  /// Parameters of the graph, shared ones once, buffers apart.
  public let predictedCount: Int
  /// Elements of the checkpoint's tensors that have a slot which is a parameter, shared ones once.
  public let foundCount: Int
  /// Parameters that training changes.
  public let trainableCount: Int
  /// Elements of buffers.
  public let bufferCount: Int

  /// Whether every slot is filled and every tensor has a slot.
  public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }
}

extension ModelGraph {
  /// Compares the graph's slots with the tensors of the checkpoint that it was bound to.
  public func report(on checkpoint: Checkpoint) -> BindingReport {
    let paths = Set(slots.map { TensorName(prefix + $0.path) })
    let strays = checkpoint.entries.filter { !paths.contains($0.name) }
    let missing = slots.filter { $0.state == .missing }
    let free = strays.map(\.name.text)
    let wanted = missing.map { prefix + $0.path }
    // Suggestions for a checkpoint of something else altogether would cost more than they help.
    let suggests = free.count * wanted.count <= 250_000
    return BindingReport(
      prefix: prefix, boundCount: slots.count { $0.state == .bound || $0.state == .implied },
      missing: missing.map { slot in
        BindingReport.Stray(
          name: prefix + slot.path, shape: slot.shape,
          nearest: suggests ? NearestName.of(prefix + slot.path, among: free) : nil)
      },
      unexpected: strays.map { entry in
        BindingReport.Stray(
          name: entry.name.text, shape: entry.tensor.shape,
          nearest: suggests ? NearestName.of(entry.name.text, among: wanted) : nil)
      },
      mismatched: slots.compactMap { slot in
        guard case .mismatched(let found) = slot.state else { return nil }
        return BindingReport.Mismatch(
          name: prefix + slot.path, expected: slot.shape, found: found)
      },
      sharedNames: sharedNames,
      predictedCount: count { !$0.parameter.isBuffer && !$0.sharesEarlier },
      foundCount: count {
        !$0.parameter.isBuffer && !$0.sharesEarlier && $0.state == .bound
      },
      trainableCount: count { $0.parameter.isTrainable && !$0.sharesEarlier },
      bufferCount: count { $0.parameter.isBuffer && !$0.sharesEarlier })
  }

  private func count(where isCounted: (Slot) -> Bool) -> Int {
    // A configuration can ask for more parameters than can be counted.
    slots.filter(isCounted).reduce(into: 0) {
      $0.addClamped(Layout.elementCount(of: $1.shape) ?? .max)
    }
  }

  private var sharedNames: [[String]] {
    var names: [ObjectIdentifier: [String]] = [:]
    var order: [ObjectIdentifier] = []
    for slot in slots where slot.state == .bound || slot.state == .implied {
      let key = ObjectIdentifier(slot.parameter)
      if names.updateValue((names[key] ?? []) + [slot.path], forKey: key) == nil {
        order.append(key)
      }
    }
    return order.compactMap { names[$0] }.filter { $0.count > 1 }
  }
}

extension ModelConfiguration {
  /// What stands before the graph's paths in most of the checkpoint's names: `module.`, `model.`, ….
  ///
  /// Counts, for each tensor whose name ends in a path of the graph, what is left in front.
  public func prefix(in checkpoint: Checkpoint) throws(GraphError) -> String {
    let fresh = try ModelGraph(self, seed: 0)
    let paths = Set(fresh.slots.map { TensorName($0.path) })
    var votes: [String: Int] = [:]
    for entry in checkpoint.entries {
      var rest = Substring(entry.name.text)
      while true {
        if paths.contains(TensorName(String(rest))) {
          votes[String(entry.name.text.dropLast(rest.count)), default: 0] += 1
        }
        guard let dot = rest.firstIndex(of: ".") else { break }
        rest = rest[rest.index(after: dot)...]
      }
    }
    // Most votes; of equally many, the shortest.
    return votes.max { a, b in
      a.value != b.value ? a.value < b.value : a.key.utf8.count > b.key.utf8.count
    }?.key ?? ""
  }
}

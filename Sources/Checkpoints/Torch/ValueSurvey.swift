/// Which values of a file hold tensors, found in one visit of each.
///
/// What holds none is described and never entered again, so that only tensors make a file long to read.
/// There may be millions of containers: each is a number, and what is known of it a few bytes in arrays.
struct ValueSurvey {
  private var numbers = ContainerNumbers()
  private var holders: [Bool] = []
  /// Those that hold tensors of torch, rather than arrays of numpy alone.
  private var torchHolders: [Bool] = []

  /// Looks at everything in `root`.
  init(_ root: TorchValue) throws(FormatError) {
    let root = try root.resolved()
    guard ValueKind(root) == .container else { return }
    var links = ContainerLinks()
    var pending = [root]
    _ = numbers.insert(root)
    holders = [false]
    torchHolders = [false]
    while let container = pending.popLast() {
      let parent = numbers[container] ?? 0
      for child in ValueChildren(of: container, scope: .everything) {
        let value = try child.value.resolved()
        switch ValueKind(value) {
        case .leaf: continue
        case .tensor where value.isArray: holders[parent] = true
        case .tensor: torchHolders[parent] = true
        case .container where value.isEmpty: continue
        case .container:
          let (number, isNew) = numbers.insert(value)
          links.add(parent: parent, of: number)
          guard isNew else { continue }
          holders.append(false)
          torchHolders.append(false)
          pending.append(value)
        }
      }
      try root.document.reading.checkEffort()
    }
    let parents = links.parents(count: holders.count)
    parents.spread(&torchHolders)
    for number in holders.indices where torchHolders[number] { holders[number] = true }
    parents.spread(&holders)
  }

  /// Whether `value`, which is resolved, is a tensor or holds one somewhere; arrays count.
  func holdsTensor(_ value: TorchValue) -> Bool {
    if let number = numbers[value] { return holders[number] }
    return ValueKind(value) == .tensor
  }

  /// Whether `value`, which is resolved, is a tensor of torch or holds one somewhere.
  func holdsTorchTensor(_ value: TorchValue) -> Bool {
    if let number = numbers[value] { return torchHolders[number] }
    return ValueKind(value) == .tensor && !value.isArray
  }
}

/// Containers, numbered as they are met.
private struct ContainerNumbers {
  /// For each document the number of each of its values; -1 if it has none.
  private var tables: [ObjectIdentifier: [Int32]] = [:]
  private var count: Int32 = 0

  subscript(value: TorchValue) -> Int? {
    guard let number = tables[ObjectIdentifier(value.document)]?[Int(value.id.position)],
      number >= 0
    else { return nil }
    return Int(number)
  }

  /// The number of a container, and whether it has it only now.
  mutating func insert(_ value: TorchValue) -> (number: Int, isNew: Bool) {
    let position = Int(value.id.position)
    let next = count
    let known = tables.withTable(of: value.document) { table in
      if table[position] < 0 { table[position] = next }
      return table[position]
    }
    if known == next { count += 1 }
    return (Int(known), known == next)
  }
}

extension [ObjectIdentifier: [Int32]] {
  /// The table of a document, made when it is first asked for.
  fileprivate mutating func withTable(
    of document: TorchDocument, _ body: (inout [Int32]) -> Int32
  ) -> Int32 {
    let key = ObjectIdentifier(document)
    if self[key] == nil { self[key] = Array(repeating: -1, count: document.graph.count) }
    return body(&self[key, default: []])
  }
}

/// Which container stands in which, as pairs of numbers.
private struct ContainerLinks {
  private var children: [Int32] = []
  private var holders: [Int32] = []

  mutating func add(parent: Int, of child: Int) {
    children.append(Int32(child))
    holders.append(Int32(parent))
  }

  /// The parents of each of `count` containers.
  func parents(count: Int) -> ContainerParents {
    var starts = [Int32](repeating: 0, count: count + 1)
    for child in children { starts[Int(child) + 1] += 1 }
    for number in 0..<count { starts[number + 1] += starts[number] }
    var ends = starts
    var parents = [Int32](repeating: 0, count: children.count)
    for (child, parent) in zip(children, holders) {
      parents[Int(ends[Int(child)])] = parent
      ends[Int(child)] += 1
    }
    return ContainerParents(starts: starts, parents: parents)
  }
}

/// The parents of containers, all in one array.
private struct ContainerParents {
  /// Where the parents of each container begin.
  let starts: [Int32]
  let parents: [Int32]

  /// Marks all that lead to what is marked.
  func spread(_ marks: inout [Bool]) {
    var pending = marks.indices.filter { marks[$0] }.map(Int32.init)
    while let number = pending.popLast() {
      for place in starts[Int(number)]..<starts[Int(number) + 1] {
        let parent = parents[Int(place)]
        guard !marks[Int(parent)] else { continue }
        marks[Int(parent)] = true
        pending.append(parent)
      }
    }
  }
}

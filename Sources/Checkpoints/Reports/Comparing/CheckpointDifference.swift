package import TensorStorage

/// How checkpoint B differs from checkpoint A, tensor by tensor, whatever files they are in.
package struct CheckpointDifference: Sendable {
  /// Tensors of A for which B has none, in natural order.
  package var missing: [TensorName] = []
  /// Tensors of B for which A has none, in natural order.
  package var extra: [TensorName] = []
  /// Tensors that both have and that differ, in natural order of their names in A.
  package var changed: [Change] = []
  /// Tensors that are the same in both.
  package var sameCount = 0
  /// Whether tensors that differ in dtype alone count as different.
  package var countsDTypes = true

  /// Whether the two are the same.
  package var isEmpty: Bool {
    missing.isEmpty && extra.isEmpty && !changed.contains { countsAsDifferent($0) }
  }

  /// Whether the change makes the checkpoints different.
  package func countsAsDifferent(_ change: Change) -> Bool {
    change.shapes != nil || change.values != nil || (change.dtypes != nil && countsDTypes)
      || !change.isComparable
  }

  /// One tensor that differs.
  package struct Change: Sendable {
    /// Its name in A.
    package var name: TensorName
    /// Its name in B.
    package var nameInB: TensorName
    /// Both dtypes, where they are not the same.
    package var dtypes: (a: DType, b: DType)?
    /// Both shapes, where they are not the same; then no values are compared.
    package var shapes: (a: [Int], b: [Int])?
    /// How the values differ, where they do.
    package var values: ValueDifference?
    /// Whether the values could be compared: one shape, and dtypes of one kind.
    package var isComparable = true
    /// The extents in A.
    package var shape: [Int]
  }
}

extension CheckpointDifference {
  /// What is compared, and how.
  package struct Options: Sendable {
    /// When two elements are the same.
    package var equality = Equality.exact
    /// Names in B of tensors that are named otherwise than in A.
    package var names: [TensorName: TensorName] = [:]
    /// Threads and memory.
    package var limits: WorkLimits

    /// Exact comparison by name.
    package init(limits: WorkLimits) { self.limits = limits }
  }

  /// Compares the tensors of `a` and `b`, reading each once or twice.
  package init(
    _ a: Checkpoint, _ b: Checkpoint, options: Options, observer: WorkObserver
  ) throws(FormatError) {
    let claimed = Set(options.names.values)
    let namesInB = a.entries.map(\.name).map { name in
      options.names[name] ?? (claimed.contains(name) ? nil : name)
    }
    let positionsInB = namesInB.map { $0.flatMap(b.position(of:)) }
    let order = a.entries.indices.filter { positionsInB[$0] != nil }.sorted {
      (a.entries[$1].tensor.byteCount, $0) < (a.entries[$0].tensor.byteCount, $1)
    }
    let changes = try ConcurrentWork.map(order: order, threadCount: options.limits.threadCount) {
      position throws(FormatError) in
      try Self.change(
        a, position, b, positionsInB[position] ?? 0, options: options, observer: observer)
    }
    for position in NaturalOrder.sorted(a.entries.map(\.name)) {
      if positionsInB[position] == nil {
        missing.append(a.entries[position].name)
      } else if case .some(.some(let change)) = changes[position] {
        changed.append(change)
      } else {
        sameCount += 1
      }
    }
    let known = Set(namesInB)
    let others = b.entries.map(\.name).filter { !known.contains($0) }
    extra = NaturalOrder.sorted(others).map { others[$0] }
    countsDTypes = options.equality == .exact
  }

  private static func change(
    _ a: Checkpoint, _ positionA: Int, _ b: Checkpoint, _ positionB: Int, options: Options,
    observer: WorkObserver
  ) throws(FormatError) -> Change? {
    let (entryA, entryB) = (a.entries[positionA], b.entries[positionB])
    let (tensorA, tensorB) = (entryA.tensor, entryB.tensor)
    var change = Change(name: entryA.name, nameInB: entryB.name, shape: tensorA.shape)
    if tensorA.dtype != tensorB.dtype { change.dtypes = (tensorA.dtype, tensorB.dtype) }
    if tensorA.shape != tensorB.shape { change.shapes = (tensorA.shape, tensorB.shape) }
    change.isComparable =
      change.shapes == nil && TensorComparison.isPossible(tensorA.dtype, tensorB.dtype)
    if change.isComparable {
      do throws(FileError) {
        change.values = try TensorComparison.difference(
          of: tensorA, tensorB, equality: options.equality,
          tileByteCount: options.limits.tileByteCount(tilesPerThread: 2),
          didRead: observer.didProcess)
      } catch {
        throw a.error(error, reading: entryA.name)
      }
    }
    let isSame = change.dtypes == nil && change.shapes == nil && change.values == nil
    return isSame ? nil : change
  }
}

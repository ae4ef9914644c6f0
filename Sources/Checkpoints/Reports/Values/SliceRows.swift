internal import TensorStorage

/// The elements of a slice as rows: runs of neighbours, the same distance apart, in row-major order.
struct SliceRows {
  /// Elements of each run.
  let runElementCount: Int
  /// Runs of each row.
  let runCount: Int
  /// How far apart the runs of a row begin, in elements of the tensor; negative for a negative step.
  let distance: Int

  /// The axes that lead from row to row: their count and the distance of one step, in elements.
  private let axes: [(count: Int, distance: Int)]
  private var indices: [Int]
  private var start: Int
  private var isAtEnd: Bool

  /// The rows of what `geometry` takes.
  init(of geometry: SliceGeometry) {
    let strides = Layout.packedStrides(of: geometry.tensorShape)
    var steps = zip(geometry.axes, strides).map { (count: $0.count, distance: $0.step &* $1) }
    start = zip(geometry.axes, strides).reduce(0) { $0 &+ $1.0.first &* $1.1 }
    isAtEnd = steps.contains { $0.count == 0 }
    var elementCount = 1
    // From the innermost axis out, for as long as the elements follow each other.
    while let last = steps.last, last.count <= 1 || last.distance == elementCount {
      elementCount &*= last.count
      steps.removeLast()
    }
    runElementCount = elementCount
    (runCount, distance) = steps.popLast() ?? (count: 1, distance: 0)
    axes = steps
    indices = [Int](repeating: 0, count: steps.count)
  }

  /// Where the next row begins, as a row-major position in the tensor; nil after the last.
  mutating func next() -> Int? {
    if isAtEnd { return nil }
    defer { advance() }
    return start
  }

  private mutating func advance() {
    for axis in axes.indices.reversed() {
      indices[axis] += 1
      start += axes[axis].distance
      if indices[axis] < axes[axis].count { return }
      start -= axes[axis].count * axes[axis].distance
      indices[axis] = 0
    }
    isAtEnd = true
  }
}

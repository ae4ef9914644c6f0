/// The elements that a slice takes of a tensor with a certain shape.
struct SliceGeometry {
  /// What is taken of one dimension: `count` indices, `step` apart.
  struct Axis {
    var first: Int
    var step: Int
    var count: Int
    /// Whether the dimension stays; an index takes it away.
    var isKept: Bool
  }

  /// One for each dimension of the tensor.
  let axes: [Axis]
  /// The tensor's extents.
  let tensorShape: [Int]

  /// The extents of what is taken.
  var shape: [Int] { axes.filter(\.isKept).map(\.count) }

  /// What `slice` takes of a tensor of that shape.
  init(_ slice: TensorSlice, of shape: [Int]) throws(SliceError) {
    let given = slice.items.count { $0 != .ellipsis }
    guard given <= shape.count else { throw .tooMany(indices: given, shape: shape) }
    let everything = TensorSlice.Item.range(lower: nil, upper: nil, step: 1)
    let rest = [TensorSlice.Item](repeating: everything, count: shape.count - given)
    let position = slice.items.firstIndex(of: .ellipsis)
    let items =
      position.map { Array(slice.items[..<$0]) + rest + slice.items[($0 + 1)...] }
      ?? slice.items + rest
    var axes: [Axis] = []
    for (dimension, item) in items.enumerated() {
      axes.append(try Self.axis(item, dimension: dimension, extent: shape[dimension]))
    }
    self.axes = axes
    tensorShape = shape
  }

  private init(axes: [Axis], tensorShape: [Int]) {
    (self.axes, self.tensorShape) = (axes, tensorShape)
  }

  /// The same elements in the same order as several slices, each of about `elementCount` where the first
  /// dimension with several indices can be cut so.
  func parts(elementCount: Int) -> [SliceGeometry] {
    guard let dimension = axes.firstIndex(where: { $0.count > 1 }) else { return [self] }
    let innerCount = axes[(dimension + 1)...].reduce(1) { $0 * $1.count }
    guard innerCount > 0 else { return [self] }
    let axis = axes[dimension]
    let indexCount = max(1, elementCount / innerCount)
    return stride(from: 0, to: axis.count, by: indexCount).map { start in
      var axes = axes
      axes[dimension].first = axis.first + start * axis.step
      axes[dimension].count = min(indexCount, axis.count - start)
      return SliceGeometry(axes: axes, tensorShape: tensorShape)
    }
  }

  private static func axis(
    _ item: TensorSlice.Item, dimension: Int, extent: Int
  ) throws(SliceError) -> Axis {
    switch item {
    case .ellipsis: return Axis(first: 0, step: 1, count: extent, isKept: true)
    case .index(let index):
      guard index >= -extent, index < extent else {
        throw .outOfRange(index: index, dimension: dimension, extent: extent)
      }
      return Axis(first: index < 0 ? index + extent : index, step: 1, count: 1, isKept: false)
    case .range(let lower, let upper, let step):
      return range(lower: lower, upper: upper, step: step, extent: extent)
    }
  }

  /// CPython's `PySlice_AdjustIndices`.
  private static func range(lower: Int?, upper: Int?, step: Int, extent: Int) -> Axis {
    func clamped(_ bound: Int) -> Int {
      let index = bound < 0 ? bound + extent : bound
      return step > 0 ? min(max(index, 0), extent) : min(max(index, -1), extent - 1)
    }
    let first = lower.map(clamped) ?? (step > 0 ? 0 : extent - 1)
    let end = upper.map(clamped) ?? (step > 0 ? extent : -1)
    let distance = step > 0 ? end - first : first - end
    let count = distance <= 0 ? 0 : (distance - 1) / Int(step.magnitude) + 1
    return Axis(first: first, step: step, count: count, isKept: true)
  }
}

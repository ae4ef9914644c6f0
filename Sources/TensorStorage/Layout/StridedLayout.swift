/// The extents and strides of a view, in as few dimensions as say the same.
///
/// Extents of 1 are gone and neighbours that lie as one are merged, so that every extent is at least 2,
/// and a view has fewer than 64 dimensions, however many its file gave it.
struct StridedLayout: Hashable, Sendable {
  /// The extents, outermost first, each at least 2; empty for a single element.
  private(set) var extents: [Int] = []
  /// Distances between neighbours, in elements.
  private(set) var strides: [Int] = []
  /// The product of the extents.
  let elementCount: Int
  /// Elements from the first to the end of the last.
  let extent: Int

  /// The layout of a view whose extents are not 0, whose strides are not negative, and whose last
  /// element has an offset that fits `Int`.
  init(shape: [Int], strides: [Int]) {
    guard shape.count == strides.count, let count = Layout.elementCount(of: shape), count > 0,
      let extent = Layout.extent(shape: shape, strides: strides)
    else { preconditionFailure("not the layout of a view with elements") }
    elementCount = count
    self.extent = extent
    for (extent, stride) in zip(shape, strides) where extent > 1 {
      append(extent: extent, stride: stride)
    }
  }

  private mutating func append(extent: Int, stride: Int) {
    let (next, overflow) = stride.multipliedReportingOverflow(by: extent)
    if let outer = strides.last, !overflow, outer == next {
      extents[extents.count - 1] *= extent
      strides[strides.count - 1] = stride
    } else {
      extents.append(extent)
      strides.append(stride)
    }
  }

  /// Whether the elements are adjacent and in order.
  var isRun: Bool { extents.isEmpty || strides == [1] }

  /// The layout of the dimensions from `dimension` on.
  func suffix(from dimension: Int) -> StridedLayout {
    StridedLayout(
      shape: Array(extents[dimension...]), strides: Array(strides[dimension...]))
  }
}

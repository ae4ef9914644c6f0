/// The extents and strides of a view, in as few dimensions as say the same.
///
/// Extents of 1 are gone and neighbours that lie as one are merged, so that every extent is at least 2,
/// and a view has fewer than 64 dimensions, however many its file gave it.
struct StridedLayout: Hashable, Sendable {
  /// The extents, outermost first, each at least 2; empty for a single element.
  private(set) var extents: [UInt] = []
  /// Distances between neighbours, in elements.
  private(set) var strides: [UInt] = []
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
      append(extent: UInt(extent), stride: UInt(stride))
    }
  }

  private mutating func append(extent: UInt, stride: UInt) {
    if let outer = strides.last, let outerExtent = extents.last,
      outer == stride.multipliedReportingOverflow(by: extent).partialValue,
      !stride.multipliedReportingOverflow(by: extent).overflow
    {
      extents[extents.count - 1] = outerExtent * extent
      strides[strides.count - 1] = stride
    } else {
      extents.append(extent)
      strides.append(stride)
    }
  }
}

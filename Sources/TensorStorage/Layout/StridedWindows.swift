/// How a strided view is read: in windows, each one read of the source from which elements are gathered.
///
/// In order of priority: the bytes that are read stay in proportion to those that the view looks into;
/// memory stays small; reads are few. A window is a run of neighbours along one dimension with
/// everything inside it. A view for which windows would read too much or go back and forth (a
/// transposed one) has a single window, which is held while it is read.
struct StridedWindows {
  /// A part of the view: consecutive elements that are gathered from one read.
  struct Window {
    /// Where its first element is, in elements from the view's first.
    var offset: Int
    /// How its elements lie.
    var layout: StridedLayout
    /// Which elements of the view it has.
    var elements: Range<Int>
  }

  /// The largest window, unless one must hold the whole view: small beside a tile of the writer.
  static let windowByteLimit = 4 << 20
  /// What a read of its own costs, in bytes read on the way: on a warm cache less, on a network file
  /// system more.
  static let readCostInBytes = 64 << 10
  /// How much more may be read than the view looks into before holding all of it is better.
  private static let excessFactor = 2.0

  /// The bytes of the largest window: what a reader holds.
  let heldByteCount: Int
  /// Whether one window holds the whole view although it is larger than a window should be.
  let holdsAll: Bool

  private let layout: StridedLayout
  // The dimension that windows cut, `chunk` indices a window; nil for one window.
  private let cut: (dimension: Int, chunk: Int, inner: StridedLayout)?

  /// Plans the reading of a view.
  ///
  /// - Parameters:
  ///   - layout: The view.
  ///   - elementByteCount: The width of its elements.
  ///   - isRandomAccess: Whether the source can be read in any order at the same price.
  init(_ layout: StridedLayout, elementByteCount: Int, isRandomAccess: Bool) {
    self.layout = layout
    // Views are checked against their storage, so the bytes of an extent fit `Int`.
    let wholeByteCount = layout.extent * elementByteCount
    let limit = Self.windowByteLimit / elementByteCount
    var inner = layout.suffix(from: 0)
    var dimension = -1
    while inner.extent > limit {
      dimension += 1
      inner = layout.suffix(from: dimension + 1)
    }
    guard dimension >= 0 else {
      (cut, heldByteCount, holdsAll) = (nil, wholeByteCount, false)
      return
    }
    let (extent, stride) = (layout.extents[dimension], layout.strides[dimension])
    let gap = stride - inner.extent
    var chunk = stride == 0 ? extent : min(extent, (limit - inner.extent) / stride + 1)
    if gap > Self.readCostInBytes / elementByteCount { chunk = 1 }
    let windowByteCount = ((chunk - 1) * stride + inner.extent) * elementByteCount
    let windowCount = layout.extents[..<dimension].reduce(
      Double((extent + chunk - 1) / chunk)
    ) { $0 * Double($1) }
    let cost = windowCount * Double(windowByteCount + Self.readCostInBytes)
    let goesForward = isRandomAccess || Self.isAscending(layout, through: dimension)
    if goesForward, cost <= Self.excessFactor * Double(wholeByteCount) {
      (cut, heldByteCount, holdsAll) = ((dimension, chunk, inner), windowByteCount, false)
    } else {
      (cut, heldByteCount, holdsAll) = (nil, wholeByteCount, true)
    }
  }

  /// Whether each index of the dimensions up to `last` looks at what lies behind all before it.
  private static func isAscending(_ layout: StridedLayout, through last: Int) -> Bool {
    (0...last).allSatisfy { layout.strides[$0] >= layout.suffix(from: $0 + 1).extent }
  }

  /// The window that has the given element of the view.
  func window(containing element: Int) -> Window {
    guard let (dimension, chunk, inner) = cut else {
      return Window(offset: 0, layout: layout, elements: 0..<layout.elementCount)
    }
    let (extent, stride) = (layout.extents[dimension], layout.strides[dimension])
    let row = element / inner.elementCount
    let start = row % extent / chunk * chunk
    let count = min(chunk, extent - start)
    let first = (row - row % extent + start) * inner.elementCount
    let part = StridedLayout(shape: [count] + inner.extents, strides: [stride] + inner.strides)
    return Window(
      offset: outerOffset(row / extent, before: dimension) + start * stride, layout: part,
      elements: first..<(first + part.elementCount))
  }

  /// The offset that the dimensions before `dimension` give to their index number `position`.
  private func outerOffset(_ position: Int, before dimension: Int) -> Int {
    var (rest, offset) = (position, 0)
    for outer in stride(from: dimension - 1, through: 0, by: -1) {
      offset += rest % layout.extents[outer] * layout.strides[outer]
      rest /= layout.extents[outer]
    }
    return offset
  }
}

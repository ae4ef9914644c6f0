/// Reads the elements of a view in the dtype they are stored in, with what is pending on them done.
struct StoredReader: ~Copyable {
  private let tensor: LazyTensor
  private let elementByteCount: Int
  private var cursor: any ByteCursor

  // Of a strided view: the plan, the window at hand, and the bytes that are held with their place.
  private let windows: StridedWindows?
  private var window: StridedWindows.Window?
  private var held = TensorBytes(byteCount: 0)
  private var heldBytes: Range<Int>?

  /// A reader of `tensor`, whatever it is cast to.
  ///
  /// - Throws: What the source throws when it is opened; `noData` for a tensor without bytes.
  init(_ tensor: LazyTensor) throws(FileError) {
    self.tensor = tensor
    elementByteCount = tensor.storedDType.bitCount / 8
    windows = tensor.windows
    cursor = try Self.cursor(of: tensor)
  }

  private static func cursor(of tensor: LazyTensor) throws(FileError) -> any ByteCursor {
    // Before memory is taken for a view whose size nothing in the file bounds.
    if tensor.elementCount > 0, let absent = tensor.storage.source as? AbsentBytes {
      throw absent.error
    }
    return try tensor.storage.source.makeCursor()
  }

  /// Fills `destination` with the elements of `range`, which begins and ends on a byte.
  mutating func read(
    _ range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    if let windows {
      try read(range, by: windows, into: &destination)
    } else {
      // Checked when the view was made.
      let skipped = tensor.storedDType.byteCount(elementCount: range.lowerBound) ?? 0
      try cursor.read(at: tensor.byteOffset + skipped, into: &destination)
    }
    ElementModification.apply(tensor.modifiers, of: tensor.storedDType, to: &destination)
  }

  /// Fills `destination` with bytes of a packed tensor on which nothing is pending.
  mutating func read(
    bytes range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    try cursor.read(at: tensor.byteOffset + range.lowerBound, into: &destination)
  }

  private mutating func read(
    _ range: Range<Int>, by windows: StridedWindows, into destination: inout MutableRawSpan
  ) throws(FileError) {
    var start = range.lowerBound
    while start < range.upperBound {
      var window = self.window ?? windows.window(containing: start)
      if !window.elements.contains(start) { window = windows.window(containing: start) }
      self.window = window
      let end = min(range.upperBound, window.elements.upperBound)
      let position = (start - range.lowerBound) * elementByteCount
      var target = destination.part(position..<(position + (end - start) * elementByteCount))
      let first = window.elements.lowerBound
      try read((start - first)..<(end - first), of: window, into: &target)
      start = end
    }
  }

  private mutating func read(
    _ range: Range<Int>, of window: StridedWindows.Window, into target: inout MutableRawSpan
  ) throws(FileError) {
    if window.layout.isRun {
      let place = tensor.byteOffset + (window.offset + range.lowerBound) * elementByteCount
      return try cursor.read(at: place, into: &target)
    }
    try hold(window)
    StridedCopy.gather(
      from: held.bytes, elementByteCount: elementByteCount, window.layout, elements: range,
      into: &target)
  }

  /// Reads a window's bytes, unless they are those at hand.
  private mutating func hold(_ window: StridedWindows.Window) throws(FileError) {
    let start = tensor.byteOffset + window.offset * elementByteCount
    let bytes = start..<(start + window.layout.extent * elementByteCount)
    if heldBytes == bytes { return }
    heldBytes = nil
    var buffer = exchange(&held, with: TensorBytes(byteCount: 0))
    if buffer.byteCount < bytes.count { buffer = try TensorBytes(reserving: bytes.count) }
    var span = buffer.mutableBytes(0..<bytes.count)
    try cursor.read(at: start, into: &span)
    held = buffer
    heldBytes = bytes
  }
}

extension TensorReader {
  /// Fills `destination` with the bytes of `range`, counted from the first of the packed tensor.
  ///
  /// The range may begin and end within an element. What a cast did to such an element is reported by whoever
  /// reads its first byte, so that readers of neighbouring ranges report each element once.
  ///
  /// - Precondition: `destination` holds exactly those bytes.
  package mutating func read(
    bytes range: Range<Int>, into destination: inout MutableRawSpan
  ) throws(FileError) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= tensor.byteCount
        && range.count == destination.byteCount, "the tile does not fit the range")
    if tensor.isPlainCopy { return try stored.read(bytes: range, into: &destination) }
    // Elements of less than a byte are never cast to, nor strided.
    let width = tensor.dtype.bitCount / 8
    let first = (range.lowerBound + width - 1) / width
    let end = max(first, range.upperBound / width)
    if range.lowerBound < first * width {
      let head = range.lowerBound..<min(first * width, range.upperBound)
      let before = report
      try readPart(head, of: first - 1, into: &destination, from: range.lowerBound)
      report = before
    }
    if first < end {
      var whole = destination.part(
        (first * width - range.lowerBound)..<(end * width - range.lowerBound))
      try read(elements: first..<end, into: &whole)
    }
    if end * width < range.upperBound {
      try readPart(
        end * width..<range.upperBound, of: end, into: &destination, from: range.lowerBound)
    }
  }

  /// Fills in some bytes of one element.
  private mutating func readPart(
    _ bytes: Range<Int>, of element: Int, into destination: inout MutableRawSpan, from start: Int
  ) throws(FileError) {
    let width = tensor.dtype.bitCount / 8
    var buffer = TensorBytes(byteCount: width)
    var span = buffer.mutableBytes
    try read(elements: element..<(element + 1), into: &span)
    let place = (bytes.lowerBound - element * width)..<(bytes.upperBound - element * width)
    var target = destination.part((bytes.lowerBound - start)..<(bytes.upperBound - start))
    target.copy(buffer.bytes.extracting(place))
  }
}

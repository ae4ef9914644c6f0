internal import TensorStorage
internal import Testing

/// A view of `RecordedBytes`.
private struct View: CustomStringConvertible, Sendable {
  var name: String
  var shape: [Int]
  var strides: [Int]
  var byteOffset = 0

  var description: String { name }

  func tensor(dtype: DType = .f32, of source: RecordedBytes) throws -> LazyTensor {
    try #require(
      LazyTensor(
        dtype: dtype, shape: shape, storage: Storage(source), byteOffset: byteOffset,
        strides: strides))
  }

  /// The offset of an element in the storage, in bytes.
  func byteOffset(of element: Int, width: Int) -> Int {
    var (rest, offset) = (element, byteOffset)
    for (extent, stride) in zip(shape, strides).reversed() {
      offset += rest % extent * stride * width
      rest /= extent
    }
    return offset
  }
}

@Suite struct `Reading of strided views` {
  private static let views = [
    View(name: "transposed", shape: [90, 70], strides: [1, 90]),
    View(name: "every second row", shape: [50, 40], strides: [80, 1], byteOffset: 12),
    View(name: "every third column", shape: [60, 20], strides: [60, 3]),
    View(name: "expanded outside", shape: [30, 40], strides: [0, 1]),
    View(name: "expanded inside", shape: [40, 30], strides: [1, 0]),
    View(name: "unfolded", shape: [90, 10], strides: [1, 1]),
    View(name: "diagonal", shape: [100], strides: [101]),
    View(name: "permuted", shape: [7, 5, 6], strides: [6, 42, 1]),
    // Larger than a window: many windows, of several kinds.
    View(
      name: "columns of a large matrix", shape: [3000, 2], strides: [1000, 1], byteOffset: 4000),
    View(name: "rows far apart", shape: [3, 9_000], strides: [2_000_000, 1]),
    View(name: "points far apart", shape: [40], strides: [5_000_000]),
    View(name: "blocks, expanded", shape: [3, 2, 500], strides: [0, 3_000_000, 2]),
    View(
      name: "outer dimensions exchanged", shape: [3, 2, 17_000], strides: [17_000, 1_200_000, 1]),
  ]

  @Test(arguments: views, [true, false])
  private func `gives each element, in any tiles`(view: View, isRandomAccess: Bool) throws {
    let source = RecordedBytes(byteCount: 1 << 40, isRandomAccess: isRandomAccess)
    let tensor = try view.tensor(of: source)
    // From front to back in uneven tiles, then a few places again.
    var ranges: [Range<Int>] = []
    while let start = Optional(ranges.last?.upperBound ?? 0), start < tensor.elementCount {
      let tile = [1, 777, 10_000][ranges.count % 3]
      ranges.append(start..<min(start + tile, tensor.elementCount))
    }
    ranges += [0..<1, (tensor.elementCount - 1)..<tensor.elementCount]
    var reader = try TensorReader(tensor)
    for range in ranges {
      var bytes = [UInt8](repeating: 0, count: range.count * 4)
      try bytes.withMutableRawBytes { span throws(FileError) in
        try reader.read(elements: range, into: &span)
      }
      let expected = range.flatMap { element in
        (0..<4).map { RecordedBytes.byte(at: view.byteOffset(of: element, width: 4) + $0) }
      }
      try #require(bytes == expected, "elements \(range) of \(view)")
    }
  }

  @Test(arguments: views)
  private func `reads no more than twice what the view looks into`(view: View) throws {
    let source = RecordedBytes(byteCount: 1 << 40)
    let tensor = try view.tensor(of: source)
    _ = try tensor.read()
    #expect(source.recorded.byteCount <= 2 * tensor.storageRange.count)
    #expect(tensor.heldByteCount <= max(4 << 20, 0))
  }

  @Test func `reads far points alone`() throws {
    let source = RecordedBytes(byteCount: 1 << 50)
    let view = View(name: "", shape: [2], strides: [1 << 40])
    _ = try view.tensor(of: source).read()
    #expect(source.recorded.byteCount == 8)
  }

  @Test func `does not read an expanded view once for each row`() throws {
    let source = RecordedBytes(byteCount: 1 << 20)
    let view = View(name: "", shape: [1 << 40, 1000], strides: [0, 1])
    let tensor = try view.tensor(of: source)
    #expect(tensor.heldByteCount == 4000)
    var reader = try TensorReader(tensor)
    var bytes = [UInt8](repeating: 0, count: 400_000)
    for start in [0, 1 << 45, (1 << 40) * 1000 - 100_000] {
      try bytes.withMutableRawBytes { span throws(FileError) in
        try reader.read(elements: start..<(start + 100_000), into: &span)
      }
    }
    #expect(source.recorded.byteCount == 4000)
  }

  @Test func `never goes back in a source that is read forward, unless it holds the view`() throws {
    for view in Self.views {
      let source = RecordedBytes(byteCount: 1 << 40, isRandomAccess: false)
      _ = try view.tensor(of: source).read()
      #expect(source.recorded.backwardCount == 0, "\(view)")
    }
  }

  @Test func `tells a view that must be held whole`() throws {
    let source = RecordedBytes(byteCount: 1 << 40)
    let transposed = try View(name: "", shape: [5000, 4000], strides: [1, 5000]).tensor(of: source)
    #expect(transposed.heldByteCount == 5000 * 4000 * 4)
    #expect(!transposed.isRandomAccess)
    let narrow = try View(name: "", shape: [1 << 20, 8], strides: [4096, 1]).tensor(of: source)
    #expect(narrow.heldByteCount <= 4 << 20)
    #expect(narrow.isRandomAccess)
  }

  @Test func `fails without a trap where a view cannot be held`() throws {
    let source = RecordedBytes(byteCount: Int.max)
    // Transposed, and larger than any memory.
    let tensor = try View(name: "", shape: [1 << 28, 1 << 28], strides: [1, 1 << 28])
      .tensor(of: source)
    var reader = try TensorReader(tensor)
    var bytes = [UInt8](repeating: 0, count: 4)
    #expect(throws: FileError.noMemory(needed: 1 << 58)) {
      try bytes.withMutableRawBytes { span throws(FileError) in
        try reader.read(elements: 0..<1, into: &span)
      }
    }
  }

  @Test func `of a tensor without data fails, whatever its size`() throws {
    let storage = Storage(AbsentBytes(file: "meta.pt", byteCount: 1 << 60))
    let tensor = try #require(
      LazyTensor(dtype: .f32, shape: [1 << 28, 1 << 28], storage: storage, strides: [1, 1 << 28]))
    #expect(throws: FileError.noData(file: "meta.pt")) { _ = try TensorReader(tensor) }
    let empty = try #require(LazyTensor(dtype: .f32, shape: [0], storage: storage))
    #expect(try empty.read() == [])
  }
}

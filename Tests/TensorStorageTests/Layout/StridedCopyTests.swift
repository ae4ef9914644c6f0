internal import TensorStorage
internal import Testing

@Suite struct `Strided copy` {
  @Test(arguments: permutations(of: [0, 1, 2]) + permutations(of: [0, 1, 2, 3]))
  func `gathers every permutation`(order: [Int]) {
    let extents = order.count == 3 ? [7, 5, 11] : [3, 5, 2, 7]
    let packed = Layout.packedStrides(of: extents)
    let shape = order.map { extents[$0] }
    let strides = order.map { packed[$0] }
    expectGather(shape: shape, strides: strides)
  }

  @Test(
    arguments: [
      ([4, 3], [0, 1]), ([3, 4], [1, 0]), ([5, 4], [1, 1]), ([4, 4], [9, 2]), ([7], [3]), ([], []),
      ([1, 6, 1], [99, 2, 7]), ([2, 1, 3], [3, 0, 1]), ([4], [0]),
    ] as [([Int], [Int])])
  func `gathers expanded, overlapping and stepped views`(shape: [Int], strides: [Int]) {
    expectGather(shape: shape, strides: strides)
  }

  /// Large enough for whole blocks and squares of every width, with edges.
  @Test(arguments: [[131, 77], [64, 130], [3, 70, 33], [66, 3, 65]])
  func `gathers large transposed views`(extents: [Int]) {
    let packed = Layout.packedStrides(of: extents)
    for order in permutations(of: Array(extents.indices)) {
      expectGather(shape: order.map { extents[$0] }, strides: order.map { packed[$0] })
    }
    // Columns that are not adjacent in the source.
    expectGather(shape: [extents[1], extents[0]], strides: [3, 3 * extents[1] + 1])
  }

  @Test func `takes five thousand dimensions`() {
    let shape = [Int](repeating: 1, count: 4998) + [3, 2]
    let strides = [Int](repeating: 17, count: 4998) + [1, 3]
    expectGather(shape: shape, strides: strides)
  }
}

/// Compares the view, and pieces of it (every one if it is small), with a naive gather, for every width.
private func expectGather(
  shape: [Int], strides: [Int], sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let extent = Layout.extent(shape: shape, strides: strides) else { return }
  let positions = naivePositions(shape: shape, strides: strides)
  let count = positions.count
  let isSmall = count <= 40
  let starts = isSmall ? Array(0...count) : [0, 1, count / 3, count - 1]
  let lengths = isSmall ? Array(0...count) : [0, 1, 2, count / 2]
  for width in [1, 2, 4, 8, 16] {
    let source = (0..<extent * width).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    var expected: [UInt8] = []
    expected.reserveCapacity(count * width)
    for position in positions { expected += source[position * width..<(position + 1) * width] }
    for start in starts {
      for end in Set(lengths.map { min(start + $0, count) } + [count]) {
        var target = [UInt8](repeating: 0xEE, count: (end - start) * width)
        target.withMutableRawBytes { span in
          StridedCopy.gather(
            from: source.rawBytes, elementByteCount: width, shape: shape, strides: strides,
            elements: start..<end, into: &span)
        }
        #expect(
          ArraySlice(target) == expected[start * width..<end * width],
          "elements \(start)..<\(end) of \(shape) by \(strides), \(width) bytes each",
          sourceLocation: sourceLocation)
      }
    }
  }
}

/// The offsets of a view's elements, in row-major order.
private func naivePositions(shape: [Int], strides: [Int]) -> [Int] {
  var positions = [0]
  for (extent, stride) in zip(shape, strides) where extent != 1 {
    positions = positions.flatMap { start in (0..<extent).map { start + $0 * stride } }
  }
  return positions
}

private func permutations(of items: [Int]) -> [[Int]] {
  if items.isEmpty { return [[]] }
  return items.flatMap { first in
    permutations(of: items.filter { $0 != first }).map { [first] + $0 }
  }
}

internal import TensorStorage

/// Checks that the indices of a sparse tensor lie within its size; reads them, a tile at a time.
struct SparseIndices {
  let size: [Int]
  let reading: TorchReading

  /// `indices` is [dimensions, n] and `values` [n, rest of the size…].
  func coordinate(indices: LazyTensor, values: LazyTensor) throws(FormatError) {
    guard indices.dtype == .i64, indices.shape.count == 2, let count = values.shape.first,
      indices.shape[1] == count, indices.shape[0] <= size.count,
      Array(values.shape.dropFirst()) == Array(size.dropFirst(indices.shape[0]))
    else { throw error("the shapes of indices, values and size do not belong together") }
    try IntegerScan.run(indices, reading) { position, index throws(FormatError) in
      let bound = size[position / max(1, count)]
      guard index >= 0, index < bound else { throw outside(index, bound) }
    }
  }

  /// `starts` is [batch…, rows + 1], `indices` [batch…, n], `values` [batch…, n, block…, rest…].
  func compressed(
    starts: LazyTensor, indices: LazyTensor, values: LazyTensor, layout: SparseLayout
  ) throws(FormatError) {
    let batch = Array(indices.shape.dropLast())
    let block =
      layout.isBlocked ? Array(values.shape.dropFirst(indices.shape.count).prefix(2)) : [1, 1]
    guard let count = indices.shape.last, starts.shape.count == indices.shape.count,
      Array(starts.shape.dropLast()) == batch, size.count >= batch.count + 2,
      Array(size.prefix(batch.count)) == batch,
      Array(values.shape.prefix(indices.shape.count)) == indices.shape,
      block.count == 2, block.allSatisfy({ $0 > 0 }), Self.isInteger(starts),
      Self.isInteger(indices)
    else { throw error("the shapes of indices, values and size do not belong together") }
    let rows = size[batch.count] / block[0]
    let columns = size[batch.count + 1] / block[1]
    let (lines, bound) = layout.isRowCompressed ? (rows, columns) : (columns, rows)
    guard let length = starts.shape.last, length == lines + 1 else {
      throw error("there are \(starts.shape.last ?? 0) starts for \(lines) rows or columns")
    }
    try checkStarts(starts, length: length, count: count)
    try IntegerScan.run(indices, reading) { _, index throws(FormatError) in
      guard index >= 0, index < bound else { throw outside(index, bound) }
    }
  }

  /// Starts begin at 0, never fall, and end at the number of values.
  private func checkStarts(
    _ starts: LazyTensor, length: Int, count: Int
  ) throws(FormatError) {
    var previous = 0
    try IntegerScan.run(starts, reading) { position, start throws(FormatError) in
      let place = position % length
      if place == 0 { previous = 0 }
      guard start >= previous, place > 0 || start == 0, place < length - 1 || start == count
      else { throw error("the starts of its rows or columns do not rise from 0 to \(count)") }
      previous = start
    }
  }

  private static func isInteger(_ tensor: LazyTensor) -> Bool {
    tensor.dtype == .i64 || tensor.dtype == .i32
  }

  private func outside(_ index: Int, _ bound: Int) -> FormatError {
    error("index \(index) is not within 0..<\(bound)")
  }

  private func error(_ reason: String) -> FormatError { reading.error(.sparse(reason: reason)) }
}

/// Checks that the tensors in a nested one lie within its buffer.
struct NestedShapes {
  let buffer: LazyTensor
  let sizes: LazyTensor
  let strides: LazyTensor
  let offsets: LazyTensor
  let reading: TorchReading

  func check() throws(FormatError) {
    guard sizes.shape.count == 2, strides.shape == sizes.shape, offsets.shape == [sizes.shape[0]],
      buffer.shape.count == 1, [sizes, strides, offsets].allSatisfy({ $0.dtype == .i64 })
    else { throw error("the shapes of sizes, strides and offsets do not belong together") }
    let rank = sizes.shape[1]
    let sizes = try IntegerScan.values(sizes, reading)
    let strides = try IntegerScan.values(strides, reading)
    for (number, offset) in try IntegerScan.values(offsets, reading).enumerated() {
      let range = number * rank..<(number + 1) * rank
      let geometry = TensorGeometry(
        offset: offset, shape: Array(sizes[range]), strides: Array(strides[range]))
      do {
        try geometry.checkSigns()
      } catch { throw reading.error(error) }
      guard let needed = geometry.neededCount, needed <= buffer.elementCount else {
        throw error("tensor \(number) reaches beyond the buffer of \(buffer.elementCount) elements")
      }
    }
  }

  private func error(_ reason: String) -> FormatError { reading.error(.nested(reason: reason)) }
}

/// Reads the integers of a tensor that must be looked at before the file can be trusted.
enum IntegerScan {
  /// Calls `body` with the place and value of each element of an `I32` or `I64` tensor.
  static func run(
    _ tensor: LazyTensor, _ reading: TorchReading,
    _ body: (Int, Int) throws(FormatError) -> Void
  ) throws(FormatError) {
    // A tensor of the meta device says nothing about its indices.
    guard tensor.storage.hasData, tensor.elementCount > 0 else { return }
    let tileElementCount = 64 * 1024
    var position = 0
    var reader = try makeReader(tensor, reading)
    while position < tensor.elementCount {
      let tile = position..<min(position + tileElementCount, tensor.elementCount)
      for value in try integers(tile, of: tensor, from: &reader, reading) {
        try body(position, value)
        position += 1
      }
    }
  }

  /// All elements of a small tensor.
  static func values(_ tensor: LazyTensor, _ reading: TorchReading) throws(FormatError) -> [Int] {
    var values: [Int] = []
    try run(tensor, reading) { _, value throws(FormatError) in values.append(value) }
    return values
  }

  private static func makeReader(
    _ tensor: LazyTensor, _ reading: TorchReading
  ) throws(FormatError) -> TensorReader {
    do {
      return try TensorReader(tensor)
    } catch { throw FormatError(error, file: reading.file) }
  }

  private static func integers(
    _ tile: Range<Int>, of tensor: LazyTensor, from reader: inout TensorReader,
    _ reading: TorchReading
  ) throws(FormatError) -> [Int] {
    var bytes = [UInt8](repeating: 0, count: tile.count * tensor.dtype.bitCount / 8)
    do {
      try bytes.withMutableRawBytes { span throws(FileError) in
        try reader.read(elements: tile, into: &span)
      }
    } catch { throw FormatError(error, file: reading.file) }
    var source = ByteReader(bytes.rawBytes)
    return tile.map { _ in
      let value =
        tensor.dtype == .i32 ? source.integer(Int32.self).map(Int.init) : source.integer(Int.self)
      return value ?? 0
    }
  }
}

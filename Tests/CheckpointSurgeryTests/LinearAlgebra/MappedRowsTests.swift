import TensorStorage
import TestSupport
import Testing

@testable import CheckpointSurgery

@Suite struct `Mapped rows` {
  private let rows: Matrix
  private let tensor: LazyTensor

  /// More rows than two tiles have, and not a whole number of tiles.
  init() throws {
    try LinearAlgebra.open()
    rows = Matrix.random(600, 5, seed: 1)
    tensor = try Made.tensor(.f64, [600, 5], bits: rows.values.map(\.bitPattern))
  }

  private func values(_ tensor: LazyTensor) throws -> [Double] {
    let bytes = try #require(tensor.cast(to: .f64)).read()
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      Double(bitPattern: (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) })
    }
  }

  @Test func `are the naive products`() throws {
    let matrix = Matrix.random(5, 3, seed: 2)
    let mapped = try #require(
      tensor.mappingRows(by: RowMap(matrix, plus: [1, 2, 3]), as: .f64, formula: "x · M + b"))
    #expect(mapped.shape == [600, 3])
    #expect(mapped.derivation == .computed(formula: "x · M + b"))
    let expected = rows.naiveProduct(matrix).values.enumerated().map { $1 + Double($0 % 3 + 1) }
    for (found, expected) in zip(try values(mapped), expected) {
      #expect(abs(found - expected) < 1e-14)
    }
  }

  @Test(arguments: [DType.f32, .f16, .bf16]) func `are rounded once`(dtype: DType) throws {
    let map = RowMap(Matrix.random(5, 3, seed: 3))
    let wide = try #require(tensor.mappingRows(by: map, as: .f64, formula: ""))
    let narrow = try #require(tensor.mappingRows(by: map, as: dtype, formula: ""))
    #expect(try narrow.read() == #require(wide.cast(to: dtype)).read())
  }

  @Test(arguments: [0, 1, 2, 255 * 3, 256 * 3 - 1, 256 * 3 + 1, 599 * 3])
  func `are the same bytes wherever reading begins`(first: Int) throws {
    let map = RowMap(Matrix.random(5, 3, seed: 4))
    let mapped = try #require(tensor.mappingRows(by: map, as: .f32, formula: ""))
    let whole = try mapped.read()
    var cursor = try mapped.storage.source.makeCursor()
    for offset in [first * 4, first * 4 + 3] {
      var part = [UInt8](repeating: 0, count: min(1000, whole.count - offset))
      try part.withMutableRawBytes { span throws(FileError) in
        try cursor.read(at: offset, into: &span)
      }
      #expect(part == Array(whole[offset..<(offset + part.count)]))
    }
  }

  @Test func `keep columns without touching what is not finite`() throws {
    let odd = try Made.floats([2, 3], [1, .infinity, .nan, -0.0, 5, 6])
    let shorter = RowMap(keepingColumnsOf: 3, as: 2)
    let longer = RowMap(keepingColumnsOf: 3, as: 4)
    #expect(
      try #require(odd.mappingRows(by: shorter, as: .f32, formula: "")).read()
        == Made.floats([2, 2], [1, .infinity, -0.0, 5]).read())
    #expect(
      try #require(odd.mappingRows(by: longer, as: .f32, formula: "")).read()
        == Made.floats([2, 4], [1, .infinity, .nan, 0, -0.0, 5, 6, 0]).read())
  }

  @Test func `have the lengths of the law`() throws {
    var map = RowMap(Matrix.random(5, 3, seed: 5))
    map.length = .init(intercept: 0.5, slope: 2)
    let mapped = map(rows)
    for row in 0..<600 {
      let (x, y) = (RowMap.length(of: rows.row(row)), RowMap.length(of: mapped.row(row)))
      // exp(0.5) x²
      #expect(abs(y - 1.6487212707001282 * x * x) < 1e-12)
    }
    #expect(map(Matrix(rowCount: 1, columnCount: 5)).values == [0, 0, 0])
  }

  @Test func `are refused where widths or dtypes do not fit`() throws {
    let map = RowMap(Matrix.random(4, 3, seed: 6))
    #expect(tensor.mappingRows(by: map, as: .f32, formula: "") == nil)
    let fitting = RowMap(Matrix.random(5, 3, seed: 6))
    #expect(tensor.mappingRows(by: fitting, as: .i32, formula: "") == nil)
    let integers = try Made.tensor(.i32, [1, 5], bits: [Int32](repeating: 0, count: 5))
    #expect(integers.mappingRows(by: fitting, as: .f32, formula: "") == nil)
  }
}

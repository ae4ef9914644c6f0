import TensorStorage
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct `A slice` {
  // From Python 3.11: list(range(n))[slice].
  static let ofSeven: [(String, [Int])] = [
    (":", [0, 1, 2, 3, 4, 5, 6]), ("::2", [0, 2, 4, 6]), ("::-1", [6, 5, 4, 3, 2, 1, 0]),
    ("1:", [1, 2, 3, 4, 5, 6]), ("-3:", [4, 5, 6]), (":-2", [0, 1, 2, 3, 4]), ("2:5", [2, 3, 4]),
    ("5:2", []), ("5:2:-1", [5, 4, 3]), ("-1:-100:-2", [6, 4, 2, 0]), ("99:", []),
    ("-99:99", [0, 1, 2, 3, 4, 5, 6]), ("::3", [0, 3, 6]), ("1:-1:2", [1, 3, 5]), ("::-4", [6, 2]),
    ("3:3", []), ("99::-1", [6, 5, 4, 3, 2, 1, 0]), (":-99:-1", [6, 5, 4, 3, 2, 1, 0]),
    ("4:1:-3", [4]), ("::99", [0]), ("::-99", [6]), ("99999999999999999999:", []),
    ("-99999999999999999999::3", [0, 3, 6]), ("::99999999999999999999", [0]),
  ]
  static let ofOne = [
    ":", "::2", "::-1", "-3:", "-1:-100:-2", "-99:99", "::3", "::-4", "99::-1", ":-99:-1", "::99",
  ]

  static func indices(_ text: String, of count: Int) throws -> [Int] {
    let axis = try SliceGeometry(TensorSlice(text), of: [count]).axes[0]
    return (0..<axis.count).map { axis.first + $0 * axis.step }
  }

  @Test(arguments: ofSeven) func `takes what Python takes`(text: String, expected: [Int]) throws {
    #expect(try Self.indices(text, of: 7) == expected)
    #expect(
      try Self.indices(text, of: 1)
        == (Self.ofOne.contains(text) || expected.count == 7
          || ["::-99", "-99999999999999999999::3", "::99999999999999999999"].contains(text)
          ? [0] : []))
    #expect(try Self.indices(text, of: 0) == [])
  }

  @Test(arguments: [
    ("1", [3, 4]), ("-1,1", [4]), ("0,0,0", []), ("...", [2, 3, 4]), ("...,0", [2, 3]),
    ("1,...,2", [3]), (":,1:", [2, 2, 4]), ("[0:1, ::2]", [1, 2, 4]), ("0,", [3, 4]),
    ("5:", [0, 3, 4]),
    ("0,...,0,0", []),
  ])
  func `has the shape that numpy gives it`(text: String, shape: [Int]) throws {
    #expect(try SliceGeometry(TensorSlice(text), of: [2, 3, 4]).shape == shape)
  }

  @Test(
    arguments: [
      ("", .invalid("")), ("a", .invalid("a")), ("1:2:3:4", .invalid("1:2:3:4")),
      ("1,,2", .invalid("")),
      ("0x1", .invalid("0x1")), ("--1", .invalid("--1")), ("...,...", .severalEllipses),
      ("::0", .zeroStep), ("1..2", .invalid("1..2")),
    ] as [(String, SliceError)])
  func `is refused where Python refuses it`(text: String, error: SliceError) {
    #expect(throws: error) { try TensorSlice(text) }
  }

  @Test(
    arguments: [
      ("2", .outOfRange(index: 2, dimension: 0, extent: 2)),
      ("0,-4", .outOfRange(index: -4, dimension: 1, extent: 3)),
      ("0,0,0,0", .tooMany(indices: 4, shape: [2, 3, 4])),
      (":,:,:,...,:", .tooMany(indices: 4, shape: [2, 3, 4])),
    ] as [(String, SliceError)])
  func `is refused where it does not fit the tensor`(text: String, error: SliceError) throws {
    #expect(throws: error) { try SliceGeometry(TensorSlice(text), of: [2, 3, 4]) }
  }
}

@Suite struct `Slice reading` {
  /// The positions that a slice takes, dimension by dimension.
  static func positions(_ axes: [SliceGeometry.Axis], of shape: [Int]) -> [Int] {
    var positions = [0]
    for (axis, extent) in zip(axes, shape) {
      positions = positions.flatMap { base in
        (0..<axis.count).map { base * extent + axis.first + $0 * axis.step }
      }
    }
    return positions
  }

  static func read(_ tensor: LazyTensor, _ geometry: SliceGeometry, byteCount: Int) throws
    -> [UInt8]
  {
    var bytes: [UInt8] = []
    var reader = try SliceReader(tensor, geometry, byteCount: byteCount)
    try reader.forEachTile { tile throws(FileError) in bytes += [UInt8](tile) }
    return bytes
  }

  @Test(arguments: [1, 2, 4, 8, 16])
  func `gives the elements that lie at those indices`(width: Int) throws {
    let dtypes: [Int: DType] = [1: .u8, 2: .i16, 4: .i32, 8: .i64, 16: .c128]
    let dtype = try #require(dtypes[width])
    for seed in 0..<150 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let rank = Int.random(in: 0...4, using: &random)
      let shape = (0..<rank).map { _ in Int.random(in: 1...9, using: &random) }
      let count = shape.reduce(1, *)
      let bytes = (0..<(count * width)).map { UInt8(truncatingIfNeeded: $0 &* 7 + $0 / 256) }
      let tensor = try Made.tensor(dtype, shape, storage: Storage(MemoryBytes(bytes)))
      let items = shape.map { extent in
        let bounds = (0..<2).map { _ in
          "\(Int.random(in: -extent - 1...extent + 1, using: &random))"
        }
        let step = [-3, -2, -1, 1, 2, 3].randomElement(using: &random) ?? 1
        return [":", "0", "::\(step)", "\(bounds[0]):\(bounds[1]):\(step)"]
          .randomElement(using: &random) ?? ":"
      }
      let text = rank == 0 ? "..." : items.joined(separator: ",")
      let geometry = try SliceGeometry(TensorSlice(text), of: shape)
      let expected = Self.positions(geometry.axes, of: shape).flatMap { position in
        bytes[(position * width)..<((position + 1) * width)]
      }
      #expect(
        try Self.read(tensor, geometry, byteCount: 16) == expected, "seed \(seed): \(shape) \(text)"
      )
    }
  }

  // Rows longer than a tile, runs nearer and farther than a page, in both directions.
  @Test(arguments: ["::3", "::-3", "::5000", "::-5000", "7:-9", "::-1", "100:90000:2"])
  func `crosses tiles`(text: String) throws {
    let elements = (0..<100_000).map { Int32($0) }
    let tensor = try Made.tensor(.i32, [100_000], bits: elements)
    let geometry = try SliceGeometry(TensorSlice(text), of: [100_000])
    let expected = Self.positions(geometry.axes, of: [100_000]).map { Int32($0) }
    let bytes = try Self.read(tensor, geometry, byteCount: 64 << 10)
    let found = stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(Int32(0)) { $0 | Int32(bytes[start + $1]) << (8 * $1) }
    }
    #expect(found == expected)
  }
}

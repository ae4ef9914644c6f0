internal import TensorStorage
internal import Testing

/// The arguments of a view that must be refused, and why.
private struct Refused: CustomStringConvertible, Sendable {
  var description: String
  var dtype = DType.f32
  var shape: [Int]
  var byteOffset = 0
  var strides: [Int]?
  var modifiers: ValueModifiers = []

  init(
    _ description: String, dtype: DType = .f32, shape: [Int], byteOffset: Int = 0,
    strides: [Int]? = nil, modifiers: ValueModifiers = []
  ) {
    self.description = description
    self.dtype = dtype
    self.shape = shape
    self.byteOffset = byteOffset
    self.strides = strides
    self.modifiers = modifiers
  }
}

@Suite struct `Lazy tensor` {
  private let storage = Storage(MemoryBytes((0..<96).map { UInt8($0) }))

  private static let refused = [
    Refused("negative extent", shape: [-1]),
    Refused("two negative extents", shape: [-2, -3]),
    Refused("too many elements", shape: [.max, 2]),
    Refused("too many bytes", shape: [.max / 2]),
    Refused("overflow before a zero", shape: [1 << 62, 4, 0]),
    Refused("one element past the end", shape: [25]),
    Refused("past the end by its offset", shape: [24], byteOffset: 1),
    Refused("offset behind the storage", shape: [1], byteOffset: 97),
    Refused("negative offset", shape: [1], byteOffset: -4),
    Refused("largest offset", shape: [1], byteOffset: .max),
    Refused("negative stride", shape: [3], strides: [-1]),
    Refused("huge stride", shape: [3], strides: [.max]),
    Refused("strides that overflow together", shape: [2, 2], strides: [.max / 2, .max / 2 + 2]),
    Refused("strides past the end", shape: [2, 3], strides: [22, 1]),
    Refused("too few strides", shape: [2, 3], strides: [3]),
    Refused("too many strides", shape: [2], strides: [1, 1]),
    Refused("three elements of four bits", dtype: .f4, shape: [3]),
    Refused("strided elements of four bits", dtype: .f4, shape: [2, 4], strides: [1, 2]),
    Refused("negated truth values", dtype: .bool, shape: [4], modifiers: .negate),
    Refused("negated exponents", dtype: .f8e8m0, shape: [4], modifiers: .negate),
  ]

  @Test(arguments: refused)
  private func `is refused`(view: Refused) {
    let tensor = LazyTensor(
      dtype: view.dtype, shape: view.shape, storage: storage, byteOffset: view.byteOffset,
      strides: view.strides, modifiers: view.modifiers)
    #expect(tensor == nil)
  }

  @Test(arguments: [0, 96, 97, Int.max])
  func `without elements may begin anywhere`(byteOffset: Int) throws {
    let tensor = try #require(
      LazyTensor(
        dtype: .f32, shape: [3, 0, 5], storage: storage, byteOffset: byteOffset,
        strides: [7, .max, -1]))
    #expect(tensor.byteCount == 0)
    #expect(tensor.storageRange.isEmpty)
    #expect(try tensor.read() == [])
  }

  @Test func `may be a scalar at the end`() throws {
    let tensor = try #require(
      LazyTensor(dtype: .f32, shape: [], storage: storage, byteOffset: 92, strides: []))
    #expect(tensor.elementCount == 1)
    #expect(try tensor.read() == [92, 93, 94, 95])
  }

  @Test func `may have five thousand dimensions`() throws {
    let ones = [Int](repeating: 1, count: 4998)
    let tensor = try #require(
      LazyTensor(
        dtype: .u8, shape: ones + [2, 3], storage: storage, byteOffset: 1,
        strides: ones.map { $0 * -9 } + [1, 2]))
    #expect(try tensor.read() == [1, 3, 5, 2, 4, 6])
  }

  @Test func `is packed whatever the strides of extents of one are`() throws {
    let tensor = try #require(
      LazyTensor(dtype: .u8, shape: [1, 4, 1, 5], storage: storage, strides: [99, 5, 77, 1]))
    #expect(tensor.isPacked)
    #expect(tensor.isPlainCopy)
  }

  @Test func `gives its rows`() throws {
    let packed = try #require(LazyTensor(dtype: .u8, shape: [4, 3], storage: storage))
    #expect(try packed.rows(1..<3)?.read() == [3, 4, 5, 6, 7, 8])
    #expect(packed.rows(3..<5) == nil)
    #expect(try packed.rows(4..<4)?.read() == [])
    let transposed = try #require(
      LazyTensor(dtype: .u8, shape: [4, 3], storage: storage, strides: [1, 4]))
    #expect(try transposed.rows(1..<3)?.read() == [1, 5, 9, 2, 6, 10])
    let bytes = try #require(LazyTensor(dtype: .f8e4m3, shape: [4, 3], storage: storage))
    let cast = try #require(bytes.cast(to: .f32))
    #expect(try cast.rows(2..<3)?.read() == Array(cast.read()[24..<36]))
    let nibbles = try #require(LazyTensor(dtype: .f4, shape: [4, 3], storage: storage))
    #expect(nibbles.rows(1..<3) == nil)
    #expect(try nibbles.rows(2..<4)?.read() == [3, 4, 5])
  }

  @Test func `is cast tile by tile, also from the middle of a byte`() throws {
    let codes = try #require(LazyTensor(dtype: .f6e3m2, shape: [128], storage: storage))
    let cast = try #require(codes.cast(to: .f16))
    let whole = try cast.read()
    #expect(whole.count == 256)
    for start in [0, 1, 3, 8, 127] {
      for end in [start + 1, start + 4, 128] where end <= 128 {
        var part = [UInt8](repeating: 0, count: (end - start) * 2)
        var reader = try TensorReader(cast)
        try part.withMutableRawBytes { span throws(FileError) in
          try reader.read(elements: start..<end, into: &span)
        }
        #expect(part == Array(whole[start * 2..<end * 2]))
        #expect(reader.report.elementCount == end - start)
      }
    }
  }

  @Test func `does what is pending on its elements`() throws {
    func values(_ dtype: DType, _ modifiers: ValueModifiers, _ bytes: [UInt8]) throws -> [UInt8] {
      let count = bytes.count * 8 / dtype.bitCount
      let tensor = LazyTensor(
        dtype: dtype, shape: [count], storage: Storage(MemoryBytes(bytes)), modifiers: modifiers)
      return try #require(tensor).read()
    }
    // 1 + 2i, as float16 parts.
    let one: [UInt8] = [0x00, 0x3C, 0x00, 0x40]
    #expect(try values(.c32, .conjugate, one) == [0x00, 0x3C, 0x00, 0xC0])
    #expect(try values(.c32, .negate, one) == [0x00, 0xBC, 0x00, 0xC0])
    #expect(try values(.c32, [.conjugate, .negate], one) == [0x00, 0xBC, 0x00, 0x40])
    #expect(
      try values(.f32, .negate, [0, 0, 0, 0, 1, 0, 0x80, 0x7F]) == [
        0, 0, 0, 0x80, 1, 0, 0x80, 0xFF,
      ])
    #expect(try values(.f32, .conjugate, [1, 2, 3, 4]) == [1, 2, 3, 4])
    #expect(try values(.i16, .negate, [1, 0, 0, 0, 0x00, 0x80]) == [0xFF, 0xFF, 0, 0, 0x00, 0x80])
  }
}

@Suite struct `Swapped bytes` {
  @Test func `can be read from the middle of a unit`() throws {
    let source = SwappedBytes(MemoryBytes([1, 2, 3, 4, 5, 6, 7, 8]), unitByteCount: 4)
    let expected: [UInt8] = [4, 3, 2, 1, 8, 7, 6, 5]
    var cursor = try source.makeCursor()
    for start in 0..<8 {
      for end in start...8 {
        var bytes = [UInt8](repeating: 0, count: end - start)
        try bytes.withMutableRawBytes { span throws(FileError) in
          try cursor.read(at: start, into: &span)
        }
        #expect(bytes == Array(expected[start..<end]))
      }
    }
  }
}

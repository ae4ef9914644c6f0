internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `The header of a numpy array` {
  /// Headers as numpy 2.4.6 writes them: the whole length, and the text without its padding.
  private static let written: [(DType, [Int], Bool, Int, String)] = [
    (.f32, [3, 4], false, 128, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"),
    (.f32, [], false, 128, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"),
    (.f32, [5], false, 128, "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }"),
    (.f64, [0, 3], false, 128, "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }"),
    (.bool, [2], false, 128, "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }"),
    (.u8, [1, 2, 3], false, 128, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3), }"),
    (.i8, [7], false, 128, "{'descr': '|i1', 'fortran_order': False, 'shape': (7,), }"),
    (.f16, [123456], false, 128, "{'descr': '<f2', 'fortran_order': False, 'shape': (123456,), }"),
    (.i64, [12, 34], true, 128, "{'descr': '<i8', 'fortran_order': True, 'shape': (12, 34), }"),
    (.c64, [2, 3, 4], true, 128, "{'descr': '<c8', 'fortran_order': True, 'shape': (2, 3, 4), }"),
    (.u16, [3, 5], true, 128, "{'descr': '<u2', 'fortran_order': True, 'shape': (3, 5), }"),
    (.i16, [1, 1], false, 128, "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 1), }"),
    (.i32, [100, 1], false, 128, "{'descr': '<i4', 'fortran_order': False, 'shape': (100, 1), }"),
    (.c128, [1], false, 128, "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }"),
    (.u32, [10, 10], false, 128, "{'descr': '<u4', 'fortran_order': False, 'shape': (10, 10), }"),
    (.u64, [9], false, 128, "{'descr': '<u8', 'fortran_order': False, 'shape': (9,), }"),
  ]

  @Test(arguments: written)
  func `is written as numpy writes it`(
    dtype: DType, shape: [Int], isFortran: Bool, byteCount: Int, text: String
  ) throws {
    var expected = [0x93] + Array("NUMPY".utf8) + [1, 0]
    expected += littleEndian(UInt16(byteCount - 10)) + Array(text.utf8)
    expected += [UInt8](repeating: 0x20, count: byteCount - expected.count - 1) + [0x0A]
    #expect(
      NumpyHeader.encode(dtype: dtype, shape: shape, fortranOrder: isFortran) == expected)
  }

  /// The lengths that numpy 2.4.6 gives the headers of `float32` arrays of shape (1, 1, …).
  private static let lengths =
    [Int](repeating: 128, count: 15) + [Int](repeating: 192, count: 21)
    + [Int](repeating: 256, count: 22) + [Int](repeating: 320, count: 7)

  @Test func `is padded as numpy pads it, for every rank`() {
    for (rank, length) in Self.lengths.enumerated() {
      let header = NumpyHeader.encode(dtype: .f32, shape: [Int](repeating: 1, count: rank))
      #expect(header?.count == length, "rank \(rank)")
    }
  }

  @Test(arguments: DType.allCases.filter { $0.numpyCode == nil })
  func `cannot be written for a dtype that numpy lacks`(dtype: DType) {
    #expect(NumpyHeader.encode(dtype: dtype, shape: [1]) == nil)
  }

  @Test(arguments: DType.allCases.filter { $0.numpyCode != nil })
  func `is read back as it was written`(dtype: DType) throws {
    let header = try #require(NumpyHeader.encode(dtype: dtype, shape: [2, 3], fortranOrder: true))
    let data = [UInt8](repeating: 1, count: dtype.bitCount / 8 * 6)
    let tensor = try NumpyArrays.tensor(header + data)
    #expect((tensor.dtype, tensor.shape, tensor.strides) == (dtype, [2, 3], [1, 2]))
  }

  /// Texts of headers that are refused, each with its fault; the array behind has 16 bytes.
  private static let refused: [(String, NumpyFault)] = [
    ("", .headerSyntax(offset: 0)),
    ("{", .headerSyntax(offset: 1)),
    ("{}", .headerKeys),
    ("('<f4', False, (4,))", .headerKeys),
    ("{'descr': '<f4', 'shape': (4,)}", .headerKeys),
    (NumpyArrays.text(more: ", 'x': 1"), .headerKeys),
    (NumpyArrays.text(more: ", 'shape': (4,)"), .headerKeys),
    (NumpyArrays.text(more: "} x"), .headerSyntax(offset: 56)),
    ("{'descr', 'shape'}", .headerSyntax(offset: 8)),
    (NumpyArrays.text(shape: "(__import__('os').system('true'),)"), .headerSyntax(offset: 51)),
    (NumpyArrays.text(shape: "(lambda: 4)()"), .headerSyntax(offset: 51)),
    (NumpyArrays.text(shape: "(2+2,)"), .headerSyntax(offset: 52)),
    (NumpyArrays.text(shape: "(9**9,)"), .headerSyntax(offset: 52)),
    (NumpyArrays.text(shape: "(1,)*9"), .headerSyntax(offset: 54)),
    (NumpyArrays.text(shape: "(04,)"), .headerSyntax(offset: 52)),
    (NumpyArrays.text(shape: "(0x4,)"), .headerSyntax(offset: 52)),
    (NumpyArrays.text(shape: "(--4,)"), .headerSyntax(offset: 52)),
    (NumpyArrays.text(shape: "(,)"), .headerSyntax(offset: 51)),
    (NumpyArrays.text(shape: "(4,,)"), .headerSyntax(offset: 53)),
    (NumpyArrays.text(shape: "(4 4)"), .headerSyntax(offset: 53)),
    (NumpyArrays.text(shape: "(4]"), .headerSyntax(offset: 52)),
    (NumpyArrays.text(descr: "f'<f4'"), .headerSyntax(offset: 10)),
    (NumpyArrays.text(descr: "'<' 'f4'"), .headerSyntax(offset: 14)),
    (NumpyArrays.text(descr: "'<f4"), .headerSyntax(offset: 17)),
    (String(repeating: "(", count: 9000), .headerSyntax(offset: 16)),
    (String(repeating: "{1:", count: 3000), .headerSyntax(offset: 48)),
    (NumpyArrays.text(descr: "None"), .malformedDescr),
    (NumpyArrays.text(descr: "4"), .malformedDescr),
    (NumpyArrays.text(descr: "[('a', '<f4')]"), .structured),
    (NumpyArrays.text(descr: "'|O'"), .dtype(descr: "|O", reason: .object)),
    (NumpyArrays.text(descr: "'<U1'"), .dtype(descr: "<U1", reason: .text)),
    (NumpyArrays.text(descr: "'|S4'"), .dtype(descr: "|S4", reason: .text)),
    (NumpyArrays.text(descr: "'<M8[s]'"), .dtype(descr: "<M8[s]", reason: .time)),
    (NumpyArrays.text(descr: "'<m8'"), .dtype(descr: "<m8", reason: .time)),
    (NumpyArrays.text(descr: "'|V2'"), .dtype(descr: "|V2", reason: .void)),
    (NumpyArrays.text(descr: "'<f16'"), .dtype(descr: "<f16", reason: .longDouble)),
    (NumpyArrays.text(descr: "'<c32'"), .dtype(descr: "<c32", reason: .longDouble)),
    (NumpyArrays.text(descr: "'<f3'"), .dtype(descr: "<f3", reason: .unknown)),
    (NumpyArrays.text(descr: "'?f4'"), .dtype(descr: "?f4", reason: .unknown)),
    (NumpyArrays.text(descr: "''"), .dtype(descr: "", reason: .unknown)),
    (NumpyArrays.text(order: "0"), .malformedOrder),
    (NumpyArrays.text(order: "'False'"), .malformedOrder),
    (NumpyArrays.text(shape: "4"), .malformedShape),
    (NumpyArrays.text(shape: "(4)"), .malformedShape),
    (NumpyArrays.text(shape: "[4]"), .malformedShape),
    (NumpyArrays.text(shape: "(-4,)"), .malformedShape),
    (NumpyArrays.text(shape: "(-2, -2)"), .malformedShape),
    (NumpyArrays.text(shape: "(True, 4)"), .malformedShape),
    (NumpyArrays.text(shape: "(99999999999999999999,)"), .malformedShape),
    (NumpyArrays.text(shape: "(0, 99999999999999999999)"), .malformedShape),
    (
      NumpyArrays.text(shape: "(4294967296, 4294967296)"),
      .sizeOverflow([4_294_967_296, 4_294_967_296])
    ),
    (
      NumpyArrays.text(shape: "(4611686018427387905, 4)"),
      .sizeOverflow([4_611_686_018_427_387_905, 4])
    ),
    (NumpyArrays.text(shape: "(" + String(repeating: "1,", count: 65) + ")"), .rank(65, limit: 64)),
    (NumpyArrays.text(shape: "(5,)"), .dataShort(needed: 20, available: 16)),
    (
      NumpyArrays.text(shape: "(1099511627776,)"),
      .dataShort(needed: 4_398_046_511_104, available: 16)
    ),
    (NumpyArrays.text(shape: "(3,)"), .dataLong(needed: 12, available: 16)),
    (NumpyArrays.text(shape: "(0,)"), .dataLong(needed: 0, available: 16)),
  ]

  @Test(arguments: refused) func `is refused when it is`(text: String, fault: NumpyFault) {
    let bytes = NumpyArrays.bytes(text, data: NumpyArrays.four)
    #expect(throws: FormatError(file: "a.npy", .numpy(fault))) { try NumpyArrays.tensor(bytes) }
  }

  /// Other ways to write the header of four floats.
  @Test(arguments: [
    NumpyArrays.text(), NumpyArrays.text(shape: "(4L,)"), NumpyArrays.text(shape: "( 4 , )"),
    "{\"shape\": (4,), \"fortran_order\": True, \"descr\": \"=f4\"}",
    "\n{'fortran_order':False,'shape':(4,),'descr':'f4'}   ", NumpyArrays.text(descr: "'|f4'"),
  ])
  func `may be written in other ways`(text: String) throws {
    let tensor = try NumpyArrays.tensor(NumpyArrays.bytes(text, data: NumpyArrays.four))
    #expect((tensor.dtype, tensor.shape) == (.f32, [4]))
    #expect(try tensor.read() == NumpyArrays.four)
  }

  @Test(arguments: [[0, 0], [1, 1], [4, 0], [255, 255]] as [[UInt8]])
  func `is refused in a version that numpy lacks`(version: [UInt8]) {
    let bytes = [0x93] + Array("NUMPY".utf8) + version + [60, 0, 0, 0]
    let fault = NumpyFault.version(major: version[0], minor: version[1])
    #expect(throws: FormatError(file: "a.npy", .numpy(fault))) { try NumpyArrays.tensor(bytes) }
  }

  @Test func `is refused when it is longer than numpy reads`() {
    let bytes = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7B]
    let fault = NumpyFault.headerTooLarge(byteCount: 0xFFFF_FFFF, limit: 10_000)
    #expect(throws: FormatError(file: "a.npy", .numpy(fault))) { try NumpyArrays.tensor(bytes) }
  }

  @Test func `is refused wherever the file is cut`() {
    let bytes = NumpyArrays.bytes(NumpyArrays.text(), data: NumpyArrays.four)
    for count in 6..<bytes.count {
      let headerEnd = bytes.count - 16
      let steps = [8, 10, headerEnd]
      let fault =
        steps.first { $0 > count }.map { NumpyFault.headerCut(needed: $0, available: count) }
        ?? .dataShort(needed: 16, available: count - headerEnd)
      #expect(throws: FormatError(file: "a.npy", .numpy(fault))) {
        try NumpyArrays.tensor(Array(bytes[..<count]))
      }
    }
  }
}

internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// An array on its way into a `.npy` file.
struct OutputArray {
  private let dtype: DType
  private let shape: [Int]
  private let bytes: [UInt8]

  /// A model's output, float32.
  init(_ output: ModelOutput) {
    dtype = .f32
    shape = output.shape
    bytes = Self.littleEndian(output.values.map(\.bitPattern))
  }

  /// Token ids, int64.
  init(_ tokens: ModelInput.Tokens) {
    dtype = .i64
    shape = [tokens.batch, tokens.length]
    bytes = Self.littleEndian(tokens.ids)
  }

  private static func littleEndian(_ values: [some FixedWidthInteger]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 8)
    for value in values {
      for shift in stride(from: 0, to: value.bitWidth, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
    return bytes
  }

  /// Writes the file whole or not at all.
  func write(to path: String, force: Bool) throws {
    guard let header = NumpyHeader.encode(dtype: dtype, shape: shape) else {
      throw UsageError.conflict("numpy has no \(dtype.name)")
    }
    let file = try AtomicFile(
      path: path, byteCount: header.count + bytes.count, overwrites: force)
    try file.write(header.rawBytes, at: 0)
    try file.write(bytes.rawBytes, at: header.count)
    try file.commit()
  }
}

/// What was written where.
struct OutputReport: Answer {
  let path: String
  let shape: [Int]

  func write(to page: inout Page) {
    page.line("\(escaped(path))  \(shape)")
  }

  func write(to json: inout JSONDocument) {
    json.member("output", .string(path))
    json.member("shape", .array(shape.map { .int($0) }))
  }
}

internal import Checkpoints
internal import TensorStorage
internal import TransformerInference

/// An array on its way into a `.npy` file.
enum OutputArray {
  /// A model's output, float32.
  case output(ModelOutput)
  /// Token ids, int64.
  case tokens(ModelInput.Tokens)

  /// Writes the file whole or not at all.
  func write(to path: String, force: Bool) throws {
    switch self {
    case .output(let output):
      // The machines that this runs on are little-endian, as the file is.
      try output.values.withFloatBytes { bytes in
        try write(bytes, .f32, output.shape, to: path, force: force)
      }
    case .tokens(let tokens):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(tokens.ids.count * 8)
      for id in tokens.ids {
        for shift in stride(from: 0, to: 64, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: id >> shift))
        }
      }
      try write(bytes.rawBytes, .i64, [tokens.batch, tokens.length], to: path, force: force)
    }
  }

  private func write(
    _ bytes: RawSpan, _ dtype: DType, _ shape: [Int], to path: String, force: Bool
  ) throws {
    guard let header = NumpyHeader.encode(dtype: dtype, shape: shape) else {
      throw UsageError.conflict("numpy has no \(dtype.name)")
    }
    let file = try AtomicFile(
      path: path, byteCount: header.count + bytes.byteCount, overwrites: force)
    try file.write(header.rawBytes, at: 0)
    try file.write(bytes, at: header.count)
    try file.commit()
  }
}

/// What was written where, and how long it took.
struct OutputReport: Answer {
  let path: String
  let shape: [Int]
  /// From the start of the command to the first layer.
  let loadSeconds: Double
  /// The pass, or the passes; with the reading of weights that do not stay in memory.
  let forwardSeconds: Double

  func write(to page: inout Page) {
    page.line(
      "\(escaped(path))  \(shape)  loaded in \(Numerals.duration(seconds: loadSeconds)), "
        + "run in \(Numerals.duration(seconds: forwardSeconds))")
  }

  func write(to json: inout JSONDocument) {
    json.member("output", .string(path))
    json.member("shape", .array(shape.map { .int($0) }))
    json.beginObject("seconds")
    json.member("load", .double(loadSeconds))
    json.member("forward", .double(forwardSeconds))
    json.endObject()
  }
}

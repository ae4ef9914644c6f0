internal import Checkpoints
internal import TestSupport

/// Sharded checkpoints put together by hand, in a directory of their own.
struct ShardSamples {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Writes a safetensors file of U8 vectors: each name with its bytes.
  func write(
    _ name: String, _ tensors: KeyValuePairs<String, [UInt8]>, metadata: String? = nil
  ) throws {
    try write(name, tensors.map { ($0.key, [$0.value.count], $0.value) }, metadata: metadata)
  }

  /// The same for tensors with shapes.
  func write(
    _ name: String, _ tensors: [(name: String, shape: [Int], bytes: [UInt8])],
    metadata: String? = nil
  ) throws {
    var fields = metadata.map { [#""__metadata__":\#($0)"#] } ?? []
    var data: [UInt8] = []
    for tensor in tensors {
      let end = data.count + tensor.bytes.count
      fields.append(
        SafetensorsSamples.entry(
          tensor.name, "U8", "\(tensor.shape)", "[\(data.count),\(end)]"))
      data += tensor.bytes
    }
    var header = "{\(fields.joined(separator: ","))}"
    while !header.utf8.count.isMultiple(of: 8) { header += " " }
    try directory.write(SafetensorsSamples.bytes(header) + data, to: name)
  }

  /// Writes an index.
  func writeIndex(
    _ map: KeyValuePairs<String, String>, to name: String = "model.safetensors.index.json",
    metadata: JSONValue = ["total_size": 0]
  ) throws {
    let map = JSONValue.object(map.map { .init($0.key, .string($0.value)) })
    let index: JSONValue = ["metadata": metadata, "weight_map": map]
    try directory.write(index.renderedBytes(.python), to: name)
  }

  /// Opens a file of the directory, or the directory itself.
  func open(_ name: String = "") throws -> Checkpoint {
    try Checkpoint.open(name.isEmpty ? directory.path : directory.path(name))
  }

  /// The error of opening it.
  func error(_ name: String = "") throws -> FormatError? {
    do {
      _ = try open(name)
      return nil
    } catch let error as FormatError { return error }
  }
}

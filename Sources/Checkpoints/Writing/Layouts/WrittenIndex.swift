/// The index of a sharded checkpoint, as `huggingface_hub.save_torch_state_dict` writes it.
struct WrittenIndex {
  /// Bytes of all tensors.
  var totalByteCount = 0
  /// Further entries of its metadata, in order.
  var metadata: [(key: String, value: String)] = []
  /// Each tensor's file, in order.
  var weightMap: [(name: TensorName, file: String)] = []

  /// The bytes of `json.dump(index, file, indent=2)`.
  var bytes: [UInt8] {
    let total = JSONValue.Member("total_size", .int(totalByteCount))
    let notes = metadata.map { JSONValue.Member($0.key, .string($0.value)) }
    let map = weightMap.map { JSONValue.Member($0.name.text, .string($0.file)) }
    let index = JSONValue.object([
      JSONValue.Member("metadata", .object([total] + notes)),
      JSONValue.Member("weight_map", .object(map)),
    ])
    return index.renderedBytes(.python)
  }
}

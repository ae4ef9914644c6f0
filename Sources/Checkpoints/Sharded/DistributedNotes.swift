internal import TensorStorage

/// What torch's distributed checkpoint notes in a shard's metadata: where each of its blocks belongs.
///
/// torch 2.15, torch/distributed/checkpoint/_hf_utils.py and filesystem.py: the metadata has
/// `DCP_SHARDING_INFO`, which is JSON, `{tensor: {"saved_offsets": [row, column, …]}}`, and beside it a
/// `DCP_VERSION`. The shape of the whole is nowhere: it is as far as the blocks reach.
struct DistributedNotes {
  /// The metadata's key for the notes.
  private static let key = "DCP_SHARDING_INFO"

  /// The keys that have no meaning once the blocks are put together.
  static let metadataKeys = [key, "DCP_VERSION"]

  /// The tensors of the notes, in their order: that of the state dict that was saved.
  let names: [TensorName]

  private var offsets: [TensorName: [Int]] = [:]

  /// The notes in a shard's metadata; nil if it has none.
  init?(_ checkpoint: Checkpoint) throws(FormatError) {
    guard let text = checkpoint.metadata[Self.key] else { return nil }
    let file = checkpoint.source.files.first ?? ""
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONText([UInt8](text.utf8)).value
    } catch {
      throw FormatError(file: file, .shards(.invalidSharding(error.reason)))
    }
    guard let members = value.members else {
      throw FormatError(
        file: file,
        .shards(.invalidSharding(.mismatch(needed: "the notes are \(value.kindName): an object"))))
    }
    names = members.map { TensorName($0.key) }
    for (name, member) in zip(names, members) {
      offsets[name] = Self.offsets(member.value["saved_offsets"])
    }
  }

  private static func offsets(_ value: JSONValue?) -> [Int]? {
    guard let elements = value?.elements else { return nil }
    let offsets = elements.compactMap(\.int).filter { $0 >= 0 }
    return offsets.count == elements.count ? offsets : nil
  }

  /// Where the shard's block of that tensor begins; nil if the notes do not say so.
  func offsets(of name: TensorName, rank: Int) -> [Int]? {
    guard let offsets = offsets[name], offsets.count == rank else { return nil }
    return offsets
  }
}

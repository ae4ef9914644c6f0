internal import TensorStorage

/// The index of a sharded checkpoint: which shard holds which tensor.
///
/// huggingface_hub and transformers write it: `{"metadata": {"total_size": …}, "weight_map": {tensor:
/// shard}}`. The rules on names are those that huggingface_hub enforces when it loads.
struct ShardIndex {
  /// The largest index that huggingface_hub loads; one of 100,000 tensors has about 8 MB.
  static let maximumByteCount = 10_000_000

  /// The path of the index file.
  let path: String
  /// The tensors in the order of the index, each with its shard's position in `shards`.
  private(set) var tensors: [(name: TensorName, shard: Int)] = []
  /// The shards' names, relative to the index's directory, sorted by their bytes.
  private(set) var shards: [String] = []
  /// What the index says the tensors' bytes sum up to; nil if it does not say so in a number.
  private(set) var totalByteCount: Int?
  /// The texts in the index's metadata, such as the names of tied tensors that were left out.
  private(set) var notes: [String: String] = [:]

  /// Reads the index in `file`.
  init(_ file: RandomAccessFile) throws(FormatError) {
    path = file.path
    guard file.byteCount <= Self.maximumByteCount else {
      throw FormatError(
        file: file.path, .shards(.indexTooLarge(byteCount: file.byteCount)))
    }
    let value = try Self.json(file)
    try readMetadata(value["metadata"])
    try readMap(value)
  }

  private static func json(_ file: RandomAccessFile) throws(FormatError) -> JSONValue {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try file.bytes(at: 0, count: file.byteCount)
    } catch {
      throw FormatError(error, file: file.path)
    }
    do throws(JSONError) {
      return try JSONText(bytes).value
    } catch {
      throw FormatError(
        file: file.path, byteOffset: error.byteOffset, .shards(.invalidIndex(error.reason)))
    }
  }

  /// Whether the bytes are JSON with the one member that every index has.
  static func isIndex(_ bytes: [UInt8]) -> Bool {
    (try? JSONText(bytes))?.value["weight_map"] != nil
  }

  private mutating func readMetadata(_ metadata: JSONValue?) throws(FormatError) {
    for member in metadata?.members ?? [] {
      if member.key == "total_size" { totalByteCount = member.value.int }
      if let text = member.value.string { notes[member.key] = text }
    }
    notes["total_size"] = nil
  }

  private mutating func readMap(_ value: JSONValue) throws(FormatError) {
    guard let map = value["weight_map"] else { throw invalid(.missingKey("weight_map")) }
    guard let members = map.members else {
      throw invalid(.mismatch(needed: "'weight_map' is \(map.kindName): an object"))
    }
    guard !members.isEmpty else { throw FormatError(file: path, .shards(.emptyIndex)) }
    var names: Set<TensorName> = []
    var bundle: BundleMembership??
    for member in members {
      guard let shard = Self.shard(member.value) else {
        throw invalid(
          .mismatch(
            needed:
              "the shard of '\(escaped(member.key))' is \(member.value.kindName): a string"))
      }
      if names.insert(TensorName(shard)).inserted { try check(shard, &bundle) }
    }
    shards = names.sorted().map(\.text)
    var positions: [TensorName: Int] = [:]
    for (position, shard) in shards.enumerated() { positions[TensorName(shard)] = position }
    tensors = members.map { member in
      (TensorName(member.key), positions[TensorName(Self.shard(member.value) ?? "")] ?? 0)
    }
  }

  /// The name of a shard; `./` in front, which huggingface_hub allows, says nothing.
  private static func shard(_ value: JSONValue) -> String? {
    value.string.map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
  }

  private func invalid(_ reason: JSONError.Reason) -> FormatError {
    FormatError(file: path, .shards(.invalidIndex(reason)))
  }

  /// Refuses names that lead out of the directory, on this system or on Windows, and other suffixes.
  ///
  /// The bundle that the index belongs to is looked for once, when the first name leads out.
  private func check(
    _ shard: String, _ bundle: inout BundleMembership??
  ) throws(FormatError) {
    // Of a bundle's pool, and of nothing else, an index may name files beside its directory.
    var isSafe = Self.isSafe(shard)
    if !isSafe, shard.hasPrefix("../") {
      if bundle == nil { bundle = .some(try BundleMembership(ofIndexAt: path)) }
      isSafe = (bundle ?? nil)?.permits(shard) ?? false
    }
    guard isSafe else { throw FormatError(file: path, .shards(.unsafeShardName(shard))) }
    let needed = Self.suffix(ofShardsOf: path)
    guard shard.hasSuffix(needed), !shard.hasSuffix(".json") else {
      throw FormatError(file: path, .shards(.otherSuffix(shard, needed: needed)))
    }
  }

  /// Whether a name stays in the directory that it is relative to.
  static func isSafe(_ name: String) -> Bool {
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    return !components.contains { $0.isEmpty || $0 == "." || $0 == ".." }
      && !name.utf8.contains(UInt8(ascii: "\\")) && !name.utf8.contains(UInt8(ascii: ":"))
      && !SafetensorsHeader.hasControlCharacters(name)
  }

  /// What stands before `.index.` in the index's name, from its last dot on: `.safetensors`, `.bin`.
  private static func suffix(ofShardsOf path: String) -> String {
    let name = ShardName.lastComponent(of: path)
    guard let end = name.firstRange(of: ".index.") else { return "" }
    let stem = name[..<end.lowerBound]
    guard let dot = stem.lastIndex(of: ".") else { return "" }
    return String(stem[dot...])
  }
}

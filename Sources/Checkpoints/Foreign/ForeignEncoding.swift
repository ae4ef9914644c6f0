/// Encodings without a signature, told by how their first values look.
enum ForeignEncoding {
  /// The kind of file that `prefix` looks like.
  static func kind(of prefix: [UInt8]) -> ForeignKind? {
    if isDistributedMetadata(prefix) { return .distributedMetadata }
    if isOldPickle(prefix) { return .textPickle }
    if let kind = protocolBufferKind(prefix) { return kind }
    return isMessagePackMap(prefix) ? .flax : nil
  }

  /// The `.metadata` of a distributed checkpoint is a pickle that names its class first.
  static func isDistributedMetadata(_ prefix: [UInt8]) -> Bool {
    let module = Array("torch.distributed.checkpoint".utf8)
    return prefix.first == 0x80 && prefix.prefix(256).firstRange(of: module) != nil
  }

  /// Protocols 0 and 1 begin with a dictionary or list and its place in the memo; bytes in them may be no text.
  private static func isOldPickle(_ prefix: [UInt8]) -> Bool {
    ["(dp", "(lp", "}q\0", "]q\0"].contains { prefix.starts(with: $0.utf8) }
  }

  /// ONNX begins with its IR version (3 to 13 so far), then the producer's name or the graph; a
  /// SavedModel with schema version 1, then its first graph.
  private static func protocolBufferKind(_ prefix: [UInt8]) -> ForeignKind? {
    guard prefix.count > 4, prefix[0] == 0x08, prefix[1] < 0x40 else { return nil }
    if prefix[1] == 1, prefix[2] == 0x12, prefix[3] >= 0x80 { return .savedModel }
    guard prefix[1] >= 3 else { return nil }
    let isProducer = prefix[2] == 0x12 && isLetter(prefix[4])
    return isProducer || prefix[2] == 0x3A ? .onnx : nil
  }

  /// A map with a few entries whose first key is a short name.
  private static func isMessagePackMap(_ prefix: [UInt8]) -> Bool {
    guard let first = prefix.first else { return false }
    let keyOffset: Int
    switch first {
    case 0x81...0x8F: keyOffset = 1
    case 0xDE: keyOffset = 3
    default: return false
    }
    let key = prefix.dropFirst(keyOffset)
    guard let length = key.first, (0xA1...0xBF).contains(length) else { return false }
    let name = key.dropFirst().prefix(Int(length) - 0xA0)
    return name.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}

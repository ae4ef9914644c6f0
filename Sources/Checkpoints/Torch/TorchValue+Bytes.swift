internal import TensorStorage

/// Bytes of a pickle, in the ways of all protocols.
extension TorchValue {
  /// The bytes, if it is bytes, a bytearray or a byte string; nil if it is something else, or text that its
  /// encoding does not have.
  var bytes: [UInt8]? {
    switch spelling {
    case .nothing: []
    case .bytes(let value): value.document.graph.bytes(value.id)
    case .text(let text, let encoding): text.document.bytes(of: text, in: encoding)
    case nil: nil
    }
  }

  /// The bytes, left in the file where they lie in it as they are, and in memory once where they do not.
  var byteSource: (any ByteSource)? {
    switch spelling {
    case .nothing: return MemoryBytes([])
    case .bytes(let value):
      guard let range = value.document.graph.byteRange(value.id), let place = value.document.place
      else { return value.document.bytes(of: value, in: nil).map(MemoryBytes.init) }
      return FileRange(
        file: place.file, byteOffset: place.byteOffset + range.lowerBound, byteCount: range.count)
    case .text(let text, let encoding):
      return text.document.bytes(of: text, in: encoding).map(MemoryBytes.init)
    case nil: return nil
    }
  }

  /// How a pickle says what bytes are.
  private enum ByteSpelling {
    case nothing
    case bytes(TorchValue)
    case text(TorchValue, TextEncoding)
  }

  private var spelling: ByteSpelling? {
    let kind = document.graph.kind(id)
    if kind == .bytes || kind == .byteString { return .bytes(self) }
    guard let meaning, let arguments else { return nil }
    switch (meaning, arguments.count) {
    case (.encodedText, 1): return .text(arguments[0], .utf8)
    case (.encodedText, 2), (.bytes, 2), (.bytearray, 2):
      return arguments[1].text.flatMap(TextEncoding.init).map { .text(arguments[0], $0) }
    case (.bytes, 0), (.bytearray, 0): return .nothing
    case (.bytes, 1), (.bytearray, 1):
      // Of bytes, which protocols below 3 spell as text.
      let isSpelled = arguments[0].meaning == .encodedText
      return isSpelled || arguments[0].meaning == nil ? arguments[0].spelling : nil
    default: return nil
    }
  }
}

/// How text stands for bytes.
enum TextEncoding: Hashable {
  /// Each code point is a byte: how protocols below 3 spell bytes.
  case latin1
  case utf8

  /// The encoding that Python calls by that name.
  init?(_ name: String) {
    switch name.lowercased() {
    case "latin1", "latin-1", "latin_1", "iso-8859-1": self = .latin1
    case "utf-8", "utf8", "utf_8": self = .utf8
    default: return nil
    }
  }

  /// The bytes of a text; nil if the encoding does not have all of its characters.
  func bytes(of text: String) -> [UInt8]? {
    guard self == .latin1 else { return [UInt8](text.utf8) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

extension TorchDocument {
  /// The bytes of a text or of bytes, made once however many arrays share them.
  fileprivate func bytes(of value: TorchValue, in encoding: TextEncoding?) -> [UInt8]? {
    let key = KeptBytes(id: value.id, encoding: encoding)
    if let known = keptBytes[key] { return known }
    let made =
      if let encoding { value.text.flatMap(encoding.bytes) } else { graph.bytes(value.id) }
    keptBytes.updateValue(made, forKey: key)
    reading.storedByteCount += made?.count ?? 0
    return made
  }

  /// A text or bytes, and how they were read.
  struct KeptBytes: Hashable {
    var id: PickleGraph.ID
    var encoding: TextEncoding?
  }
}

internal import TensorStorage

extension DigestListing {
  /// How a checkpoint differs from a listing of an earlier one.
  package struct Differences: Sendable {
    /// Tensors with another digest, in the order of their names' bytes.
    package var changed: [TensorName] = []
    /// Tensors of the listing that the checkpoint lacks.
    package var missing: [TensorName] = []
    /// Tensors of the checkpoint that the listing lacks.
    package var extra: [TensorName] = []

    /// Whether there are none.
    package var isEmpty: Bool { changed.isEmpty && missing.isEmpty && extra.isEmpty }
  }

  /// Reads the listing that an earlier `lines` was written to.
  ///
  /// - Throws: A `ListingFault` if a line is no digest and name, two lines have one name, or the last
  ///   line is not the checkpoint's, or not the digest of the others.
  package init(path: String) throws(FormatError) {
    var lines: [Line] = []
    var seen: Set<TensorName> = []
    var read = try ListingFile.lines(path: path)
    let last = read.popLast()
    for line in read {
      guard let parsed = Self.parse(line.text) else {
        throw FormatError(file: path, .listing(.invalidDigestLine(line: line.number)))
      }
      guard seen.insert(parsed.name).inserted else {
        let name = parsed.name.text
        throw FormatError(file: path, .listing(.duplicateName(line: line.number, name: name)))
      }
      lines.append(parsed)
    }
    self.init(lines)
    guard let last, last.text.hasSuffix("  " + Self.checkpointName) else {
      throw FormatError(file: path, .listing(.noCheckpointLine))
    }
    guard Self.parse(last.text)?.digest == checkpoint else {
      throw FormatError(file: path, .listing(.wrongCheckpointLine(line: last.number)))
    }
  }

  private static func parse(_ line: String) -> Line? {
    let bytes = Array(line.utf8)
    guard bytes.count >= 66, bytes[64] == 0x20, bytes[65] == 0x20,
      let digest = ContentDigest(hexadecimal: line.prefix(64)),
      let name = unescaped(bytes[66...])
    else { return nil }
    return Line(name: TensorName(name), digest: digest)
  }

  /// The name that `escaped` wrote; nil if an escape is cut short or the bytes are not UTF-8.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(3), as: UTF8.self)
      guard digits.utf8.count == 3, digits.hasPrefix("x"), !digits.contains("+"),
        let value = UInt8(digits.dropFirst(), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(3)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// What a checkpoint with this listing has that differs from `expected`.
  package func differences(from expected: DigestListing) -> Differences {
    let known = Dictionary(uniqueKeysWithValues: expected.tensors.map { ($0.name, $0.digest) })
    var differences = Differences()
    for line in tensors {
      guard let digest = known[line.name] else {
        differences.extra.append(line.name)
        continue
      }
      if digest != line.digest { differences.changed.append(line.name) }
    }
    let found = Set(tensors.map(\.name))
    differences.missing = expected.tensors.map(\.name).filter { !found.contains($0) }
    return differences
  }
}

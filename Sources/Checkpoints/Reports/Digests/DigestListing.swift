internal import TensorStorage

/// The digests of a checkpoint's tensors and of the checkpoint, as text that can be kept and checked.
///
/// One line for each tensor, in the order of the names' UTF-8 bytes: the digest in lower-case hexadecimal,
/// two spaces, the name, a line feed. In a name every byte outside of the printable ASCII characters, and
/// the backslash, is written `\xNN` with two upper-case digits. The checkpoint's digest is the SHA-256 of
/// exactly these lines; it stands in the last line with the name `(checkpoint)`:
///
///     $ ligature hash model.pt | head -n -1 | sha256sum
///
/// Names that share a tensor have a line each, so tying or untying does not change the digest, and
/// neither do formats, shards, the order of the file, or metadata.
package struct DigestListing: Sendable {
  /// One tensor and its digest.
  package struct Line: Hashable, Sendable {
    /// The tensor's name.
    package var name: TensorName
    /// Its digest.
    package var digest: ContentDigest
  }

  /// The tensors, in the order of their names' bytes.
  package let tensors: [Line]
  /// The digest of their lines.
  package let checkpoint: ContentDigest

  /// What stands for the checkpoint in its last line.
  static let checkpointName = "(checkpoint)"

  /// The listing of these tensors.
  package init(_ lines: [Line]) {
    tensors = lines.sorted { $0.name < $1.name }
    var text: [UInt8] = []
    for line in tensors { text += Self.text(line.digest, name: Self.escaped(line.name)).utf8 }
    checkpoint = ContentDigest.ofBytes(text)
  }

  /// The lines, each without its line feed, that of the checkpoint last.
  package var lines: [String] {
    tensors.map { String(Self.text($0.digest, name: Self.escaped($0.name)).dropLast()) }
      + ["\(checkpoint.hexadecimal)  \(Self.checkpointName)"]
  }

  private static func text(_ digest: ContentDigest, name: String) -> String {
    "\(digest.hexadecimal)  \(name)\n"
  }
}

extension DigestListing {
  /// Reads and digests every tensor of `checkpoint`; names that look at the same elements are read once.
  package init(
    of checkpoint: Checkpoint, limits: WorkLimits, observer: WorkObserver
  ) throws(FormatError) {
    let duplicates = checkpoint.duplicateOf()
    let entries = checkpoint.entries
    let tileByteCount = limits.tileByteCount(tilesPerThread: 1)
    // The longest first: a long one that is begun last would leave the other threads idle.
    let order = entries.indices.filter { duplicates[$0] == nil }.sorted {
      (entries[$1].tensor.byteCount, $0) < (entries[$0].tensor.byteCount, $1)
    }
    let digests = try ConcurrentWork.map(order: order, threadCount: limits.threadCount) {
      position throws(FormatError) in
      do throws(FileError) {
        return try ContentDigest.of(
          entries[position].tensor, tileByteCount: tileByteCount, didRead: observer.didProcess)
      } catch {
        throw checkpoint.error(error, reading: entries[position].name)
      }
    }
    self.init(
      entries.indices.compactMap { position in
        digests[duplicates[position] ?? position].map {
          Line(name: entries[position].name, digest: $0)
        }
      })
  }

  /// A name as it stands in a line.
  static func escaped(_ name: TensorName) -> String {
    let bytes = name.text.utf8
    if bytes.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) {
      return name.text
    }
    return bytes.reduce(into: "") { text, byte in
      if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\\") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
  }
}

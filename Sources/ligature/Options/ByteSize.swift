/// A number of bytes with a unit, as 5GB, 256MB, 1.5 GiB or 4096.
///
/// Units are decimal, as the hub's; those with an `i` are binary.
struct ByteSize: Equatable {
  var byteCount: Int

  private static let units: [String: Double] = [
    "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3, "m": 1e6, "g": 1e9,
    "t": 1e12,
    "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
  ]

  /// The size that `text` writes; nil if it is none, or not a positive number of bytes.
  init?(_ text: String) {
    let text = text.lowercased().filter { $0 != " " && $0 != "_" }
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(number), let unit = Self.units[String(text.dropFirst(number.count))],
      let byteCount = Int(exactly: (value * unit).rounded(.down)), byteCount > 0
    else { return nil }
    self.byteCount = byteCount
  }
}

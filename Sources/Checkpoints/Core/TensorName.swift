/// The name of a tensor: text that is compared and sorted by its UTF-8 bytes.
///
/// Swift compares strings by canonical equivalence, so that "é" in one and in two scalars are equal;
/// to a checkpoint they are two names.
public struct TensorName: Hashable, Comparable, Sendable {
  /// The name as text.
  public let text: String

  /// The name `text`.
  public init(_ text: String) { self.text = text }

  /// Whether both have the same bytes.
  public static func == (a: TensorName, b: TensorName) -> Bool {
    // Names that differ canonically differ in bytes; for ASCII the first comparison is a memcmp.
    a.text.utf8.count == b.text.utf8.count && a.text == b.text
      && (a.text.utf8Span.isKnownASCII || a.text.utf8.elementsEqual(b.text.utf8))
  }

  /// Whether `a` comes first, compared byte by byte.
  public static func < (a: TensorName, b: TensorName) -> Bool {
    if a.text.utf8Span.isKnownASCII, b.text.utf8Span.isKnownASCII { return a.text < b.text }
    return a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }

  /// Feeds the bytes.
  public func hash(into hasher: inout Hasher) {
    var text = text
    // SAFETY: the buffer is only read, within the closure.
    text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    hasher.combine(0xFF as UInt8)
  }
}

extension TensorName: ExpressibleByStringLiteral, CustomStringConvertible {
  /// The name written as a literal.
  public init(stringLiteral text: String) { self.init(text) }

  /// The name, as it is.
  public var description: String { text }
}

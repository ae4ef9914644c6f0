/// Text on its way to standard output.
///
/// A value of bytes, not of strings: listings of a hundred thousand tensors are put together here.
struct Page {
  /// How text is emphasised.
  let style: TextStyle

  private let stream: StandardStream
  private var bytes: [UInt8] = []

  /// A page that is written to `stream`.
  init(on stream: StandardStream, style: TextStyle) {
    self.stream = stream
    self.style = style
  }

  /// Whether somebody still reads; long loops may end if not.
  var isOpen: Bool { stream.isOpen }

  /// Appends text.
  mutating func write(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// Appends bytes of text.
  mutating func write(_ text: some Collection<UInt8>) {
    bytes.append(contentsOf: text)
  }

  /// Appends one byte `count` times.
  mutating func write(_ byte: UInt8, count: Int = 1) {
    for _ in 0..<count { bytes.append(byte) }
  }

  /// Appends a line.
  mutating func line(_ text: String = "") {
    write(text)
    endLine()
  }

  /// Appends a line, emphasised.
  mutating func line(_ role: TextStyle.Role, _ text: String) {
    line(style.apply(role, text))
  }

  /// Ends the line, and passes full pieces on.
  mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    if bytes.count >= 1 << 16 { flush() }
  }

  /// Passes everything on to the stream.
  mutating func flush() {
    stream.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}

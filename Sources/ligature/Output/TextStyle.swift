/// Emphasis on a terminal; without colours, plain text.
struct TextStyle {
  /// Whether escape sequences are written.
  let isColoured: Bool

  /// What a piece of text is.
  enum Role: String {
    case heading = "1"
    case faint = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"
    case accent = "36"
  }

  /// The text, emphasised as `role` asks.
  func apply(_ role: Role, _ text: String) -> String {
    isColoured ? "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// When text is coloured.
enum ColorChoice: String, CaseIterable {
  /// On a terminal that can, unless `NO_COLOR` is set.
  case auto
  case always
  case never

  /// How text on `stream` is emphasised.
  func style(for stream: StandardStream) -> TextStyle {
    switch self {
    case .always: TextStyle(isColoured: true)
    case .never: TextStyle(isColoured: false)
    case .auto: TextStyle(isColoured: stream.isTerminal && Self.isWelcome)
    }
  }

  /// What the environment says: see no-color.org.
  private static var isWelcome: Bool {
    (Environment["NO_COLOR"] ?? "").isEmpty && Environment["TERM"] != "dumb"
  }
}

/// What a verb found out, told as text or as JSON.
protocol Answer {
  /// Writes it for people.
  func write(to page: inout Page) throws
  /// Writes its members for programs, after `"schema"`.
  func write(to json: inout JSONDocument) throws
}

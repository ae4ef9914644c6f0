internal import Checkpoints
internal import TensorStorage

/// Where a verb's answer, remarks and progress go.
final class Console {
  private let output = StandardStream.output()
  private let error = StandardStream.error()
  private let options: Options

  /// How a verb talks.
  struct Options {
    /// Whether the answer, and any error, is a JSON document.
    var isJSON = false
    /// Whether text has colours.
    var color = ColorChoice.auto
    /// Whether long work shows a bar.
    var showsProgress = true
    /// Whether remarks are left out.
    var isQuiet = false
  }

  /// A console that talks as `options` say.
  init(_ options: Options) { self.options = options }

  /// Writes the answer to standard output: text, or one JSON document.
  func answer(_ answer: some Answer) throws {
    if options.isJSON {
      var document = JSONDocument(on: output)
      try answer.write(to: &document)
      document.finish()
    } else {
      var page = Page(on: output, style: options.color.style(for: output))
      try answer.write(to: &page)
      page.flush()
    }
  }

  /// Writes text to standard output as it is.
  func print(_ text: String) {
    output.write(Array((text + "\n").utf8))
  }

  /// Writes a sentence that the user may do without to standard error.
  func remark(_ sentence: String) {
    if options.isQuiet { return }
    say(sentence)
  }

  /// Writes a sentence that belongs to the exit code to standard error.
  func say(_ sentence: String) {
    error.write(Array((sentence + "\n").utf8))
    error.flush()
  }

  /// A bar for work on `byteCount` bytes; nil if nobody looks.
  func progressBar(_ title: String, byteCount: Int) -> ProgressBar? {
    guard options.showsProgress, !options.isQuiet, error.isTerminal else { return nil }
    return ProgressBar(title, byteCount: byteCount)
  }

  /// Does work that reads `byteCount` bytes, with a bar if somebody looks; signals end it.
  func observe<Result>(
    _ title: String, byteCount: Int, _ work: (WorkObserver) throws -> Result
  ) throws -> Result {
    let bar = progressBar(title, byteCount: byteCount)
    defer { bar?.finish() }
    return try work(
      WorkObserver { count throws(FileError) in
        bar?.advance(by: count)
        try Interruption.ofProcess.check()
      })
  }

  /// Passes everything on; throws if some of the answer could not be written.
  ///
  /// A reader that went away, as `head` does, has what it wanted.
  func finish() throws {
    output.flush()
    if let code = output.failure { throw OutputError(code: code) }
  }

  /// Tells what ended the run, and gives its exit code.
  ///
  /// Programs get it as the JSON document that they wait for on standard output, people as one sentence.
  func complain(_ complaint: Complaint) -> ExitStatus {
    if options.isJSON {
      output.write(Array((complaint.json.rendered() + "\n").utf8))
      output.flush()
    }
    let style = options.color.style(for: error)
    say("\(style.apply(.bad, "Error:")) \(complaint.message)")
    return complaint.status
  }
}

internal import Checkpoints
internal import TensorStorage

/// Where a verb's answer, remarks and progress go.
final class Console {
  private let output = StandardStream.output()
  private let error = StandardStream.error()
  private let options: Options
  private var remarks: [String] = []

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
  ///
  /// Somebody at a terminal sees it at once; elsewhere it waits for the end, since a run that fails has
  /// its one error there and nothing else.
  func remark(_ sentence: String) {
    if options.isQuiet { return }
    if error.isTerminal { say(sentence) } else { remarks.append(sentence) }
  }

  /// Writes a sentence that belongs to the exit code to standard error.
  func say(_ sentence: String) {
    error.write(Array((sentence + "\n").utf8))
    error.flush()
  }

  /// A bar for work on `byteCount` bytes, if that is known; nil if nobody looks.
  func progressBar(_ title: String, byteCount: Int? = nil) -> ProgressBar? {
    guard options.showsProgress, !options.isQuiet, error.isTerminal, Environment["TERM"] != "dumb"
    else { return nil }
    return ProgressBar(title, byteCount: byteCount)
  }

  /// Does work that reads `byteCount` bytes, with a bar if somebody looks; signals end it.
  func observe<Result>(
    _ title: String, byteCount: Int? = nil, _ work: (WorkObserver) throws -> Result
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
    for remark in remarks { say(remark) }
    remarks = []
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
    sayError(complaint.message)
    return complaint.status
  }

  /// Writes the one sentence that tells why a run failed.
  func sayError(_ sentence: String) {
    remarks = []
    say("\(options.color.style(for: error).apply(.bad, "Error:")) \(sentence)")
  }
}

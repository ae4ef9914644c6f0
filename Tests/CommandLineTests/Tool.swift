internal import Foundation
internal import TestSupport
internal import Testing

/// The command as it was built, run as a user runs it.
enum Tool {
  /// What a run left: its exit code and both streams.
  struct Run {
    var status: Int32
    var output: String
    var error: String
    /// Whether a signal ended it.
    var wasKilled: Bool

    /// The document on standard output.
    func document() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try #require(value as? [String: Any])
    }

    /// The member `error` of that document.
    func errorFacts() throws -> [String: Any] {
      try #require(try document()["error"] as? [String: Any])
    }
  }

  /// Runs it with `arguments` in `directory`, and waits.
  static func run(
    _ arguments: [String], in directory: TemporaryDirectory,
    environment: [String: String] = [:]
  ) throws -> Run {
    let started = try start(arguments, in: directory, environment: environment)
    return try started.wait()
  }

  /// Runs a script of bash, in which `$0` is the command, and waits.
  static func run(script: String, in directory: TemporaryDirectory) throws -> Run {
    try start(["-c", script, path.get()], of: "/bin/bash", in: directory, environment: [:]).wait()
  }

  /// A run that goes on.
  struct Started {
    let process: Process
    fileprivate let streams: TemporaryDirectory

    /// Waits for its end.
    func wait() throws -> Run {
      process.waitUntilExit()
      return Run(
        status: process.terminationStatus,
        output: String(decoding: try streams.bytes(of: "out"), as: UTF8.self),
        error: String(decoding: try streams.bytes(of: "err"), as: UTF8.self),
        wasKilled: process.terminationReason == .uncaughtSignal)
    }
  }

  /// Starts it.
  static func start(
    _ arguments: [String], in directory: TemporaryDirectory,
    environment: [String: String] = [:]
  ) throws -> Started {
    try start(arguments, of: path.get(), in: directory, environment: environment)
  }

  private static func start(
    _ arguments: [String], of executable: String, in directory: TemporaryDirectory,
    environment: [String: String]
  ) throws -> Started {
    let streams = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: directory.path)
    process.environment = ["PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try handle("out", streams)
    process.standardError = try handle("err", streams)
    try process.run()
    return Started(process: process, streams: streams)
  }

  private static func handle(_ name: String, _ directory: TemporaryDirectory) throws -> FileHandle {
    try directory.write([], to: name)
    return try FileHandle(forWritingTo: URL(filePath: directory.path(name)))
  }

  /// The executable stands beside the test bundle, which the test runner names.
  private static let path = Result { () throws -> String in
    let words = CommandLine.arguments
    let bundle = words.firstIndex(of: "--test-bundle-path").map { words[$0 + 1] }
    let places = [bundle, words.first, Bundle.main.executablePath].compactMap(\.self)
    let candidates = places.map {
      URL(filePath: $0).resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "ligature").path
    }
    return try #require(
      candidates.first { FileManager.default.isExecutableFile(atPath: $0) },
      "the tool is not built beside the tests: \(candidates)")
  }
}

extension TemporaryDirectory {
  /// Writes a safetensors file with that header, and so many zeros behind it that take no room on the disk.
  func write(header: String, dataByteCount: Int, to name: String) throws {
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let bytes = Array((header + padding).utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
    try write(length + bytes, to: name)
    let file = try FileHandle(forWritingTo: URL(filePath: path(name)))
    try file.truncate(atOffset: UInt64(8 + bytes.count + dataByteCount))
    try file.close()
  }
}

/// A directory with copies of fixtures in it.
func workplace(_ fixtures: String...) throws -> TemporaryDirectory {
  let directory = try TemporaryDirectory()
  for fixture in fixtures {
    let name = String(fixture.split(separator: "/").last ?? "")
    try directory.write(Fixtures.bytes(fixture), to: name)
  }
  return directory
}

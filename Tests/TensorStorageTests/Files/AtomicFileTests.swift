internal import Foundation
internal import TensorStorage
internal import TestSupport
internal import Testing

private let content = Array("the new content".utf8)
private let oldContent = Array("old".utf8)

// `#expect(throws:)` takes a closure, which cannot consume.
private func failure(ofCommitting file: consuming AtomicFile) -> FileError? {
  do throws(FileError) { try file.commit() } catch { return error }
  return nil
}

private func failure(ofPublishing set: consuming AtomicFileSet) -> FileError? {
  do throws(FileError) { try set.publish() } catch { return error }
  return nil
}

@Suite struct `Atomic file` {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(to name: String, overwrites: Bool = false) throws(FileError) {
    try AtomicFile.create(
      path: directory.path(name), contents: content.rawBytes, overwrites: overwrites)
  }

  private func mode(of name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: directory.path(name))[.posixPermissions]
      as? Int
  }

  @Test func `has its name and bytes when committed, and nothing else is left`() throws {
    try write(to: "a.bin")
    #expect(try directory.names() == ["a.bin"])
    #expect(try directory.bytes(of: "a.bin") == content)
  }

  @Test func `is written beside its destination under a hidden name, at its full length`() throws {
    let file = try AtomicFile(path: directory.path("a.bin"), byteCount: 5000)
    let names = try directory.names()
    #expect(names.count == 1)
    #expect(names.allSatisfy { $0.hasPrefix(".a.bin.partial-") })
    for name in names { #expect(try directory.bytes(of: name).count == 5000) }
    _ = consume file
  }

  @Test func `leaves nothing behind when it is dropped`() throws {
    do {
      let file = try AtomicFile(path: directory.path("a.bin"), byteCount: 100)
      try file.write(content.rawBytes, at: 0)
    }
    #expect(try directory.names() == [])
  }

  @Test func `may be empty`() throws {
    let file = try AtomicFile(path: directory.path("empty"), byteCount: 0)
    try file.commit()
    #expect(try directory.bytes(of: "empty") == [])
  }

  @Test func `refuses an existing destination unless it overwrites`() throws {
    try directory.write(oldContent, to: "a.bin")
    #expect(throws: FileError.exists(file: directory.path("a.bin"))) { try write(to: "a.bin") }
    #expect(try directory.bytes(of: "a.bin") == oldContent)
    try write(to: "a.bin", overwrites: true)
    #expect(try directory.bytes(of: "a.bin") == content)
    #expect(try directory.names() == ["a.bin"])
  }

  @Test func `does not replace a file that appeared while it was written`() throws {
    let path = directory.path("a.bin")
    let file = try AtomicFile(path: path, byteCount: content.count)
    try file.write(content.rawBytes, at: 0)
    try directory.write(oldContent, to: "a.bin")
    #expect(failure(ofCommitting: file) == .exists(file: path))
    #expect(try directory.names() == ["a.bin"])
    #expect(try directory.bytes(of: "a.bin") == oldContent)
  }

  @Test(arguments: ["target.bin", "sub/target.bin"])
  func `is written through a symbolic link`(target: String) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory.path("sub"), withIntermediateDirectories: true)
    try manager.createSymbolicLink(
      atPath: directory.path("first"), withDestinationPath: "./second")
    try manager.createSymbolicLink(
      atPath: directory.path("second"), withDestinationPath: target)
    try write(to: "first")  // the link dangles
    #expect(try directory.bytes(of: target) == content)
    #expect(throws: FileError.exists(file: directory.path("first"))) { try write(to: "first") }
    try directory.write(oldContent, to: target)
    try write(to: "first", overwrites: true)
    #expect(try directory.bytes(of: target) == content)
    #expect(try manager.destinationOfSymbolicLink(atPath: directory.path("first")) == "./second")
  }

  @Test func `refuses links that lead in a circle`() throws {
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("a"), withDestinationPath: "b")
    try FileManager.default.createSymbolicLink(
      atPath: directory.path("b"), withDestinationPath: "a")
    let path = directory.path("a")
    #expect(
      throws: FileError.writeFailed(file: path, operation: "finding its place", code: ELOOP)
    ) { try write(to: "a", overwrites: true) }
  }

  @Test(arguments: [0o600, 0o640, 0o444, 0o777])
  func `hands on the permissions of the file it replaces`(permissions: Int) throws {
    try directory.write(oldContent, to: "a.bin")
    try FileManager.default.setAttributes(
      [.posixPermissions: permissions], ofItemAtPath: directory.path("a.bin"))
    try write(to: "a.bin", overwrites: true)
    #expect(try mode(of: "a.bin") == permissions)
  }

  @Test func `has the permissions that any new file has`() throws {
    // What the umask makes of 0666, asked of the system: the umask is the process's, not the test's.
    try directory.write([], to: "other")
    try write(to: "a.bin")
    #expect(try mode(of: "a.bin") == mode(of: "other"))
  }

  @Test(arguments: ["", "a\0b", "missing/a.bin"])
  func `refuses a path that cannot be written`(name: String) throws {
    #expect(throws: FileError.self) { try write(to: name, overwrites: true) }
    #expect(try directory.names() == [])
  }

  @Test func `takes the longest name a file can have`() throws {
    let name = String(repeating: "ä", count: 127) + "x"
    try write(to: name)
    #expect(try directory.names() == [name])
  }

  @Test func `keeps the process from ending before it is removed or published`() throws {
    let interruption = Interruption()
    do {
      let file = try AtomicFile(
        path: directory.path("out.bin"), byteCount: 4, interruption: interruption)
      #expect(interruption.isHeld)
      try file.write([1, 2, 3, 4].rawBytes, at: 0)
      try file.commit()
    }
    #expect(!interruption.isHeld)
    interruption.request()
    #expect(throws: FileError.interrupted) {
      _ = try AtomicFile(path: directory.path("late.bin"), byteCount: 4, interruption: interruption)
    }
    #expect(!interruption.isHeld)
  }

  @Test func `stops when asked and leaves nothing behind`() throws {
    let interruption = Interruption()
    let path = directory.path("a.bin")
    do {
      let file = try AtomicFile(
        path: path, byteCount: content.count, interruption: interruption)
      try file.write(content.rawBytes, at: 0)
      interruption.request()
      #expect(throws: FileError.interrupted) { try file.write(content.rawBytes, at: 0) }
      #expect(failure(ofCommitting: file) == .interrupted)
    }
    #expect(try directory.names() == [])
  }

  @Test func `is written by several threads`() throws {
    let (partCount, partByteCount) = (64, 10_007)
    let file = try AtomicFile(
      path: directory.path("a.bin"), byteCount: partCount * partByteCount)
    let writer = file.writer
    DispatchQueue.concurrentPerform(iterations: partCount) { part in
      let bytes = [UInt8](repeating: UInt8(part), count: partByteCount)
      try? writer.write(bytes.rawBytes, at: part * partByteCount)
    }
    try file.commit()
    let expected = (0..<partCount).flatMap { [UInt8](repeating: UInt8($0), count: partByteCount) }
    #expect(try directory.bytes(of: "a.bin") == expected)
  }
}

@Suite struct `Set of atomic files` {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func file(
    _ name: String, overwrites: Bool = false, in output: OutputDirectory? = nil
  ) throws -> AtomicFile {
    let file = try AtomicFile(
      path: directory.path(name), byteCount: content.count, overwrites: overwrites,
      directory: output)
    try file.write(content.rawBytes, at: 0)
    return file
  }

  @Test func `appears when it is published`() throws {
    var set = AtomicFileSet()
    for name in ["shard-1", "shard-2", "index"] { try set.add(file(name)) }
    #expect(try directory.names().allSatisfy { $0.hasPrefix(".") })
    try set.publish()
    #expect(try directory.names() == ["index", "shard-1", "shard-2"])
  }

  @Test func `leaves nothing behind when it is dropped`() throws {
    do {
      var set = AtomicFileSet()
      try set.add(file("shard-1"))
      try set.add(file("index"))
    }
    #expect(try directory.names() == [])
  }

  @Test func `takes back its new files when a name was taken meanwhile`() throws {
    var set = AtomicFileSet()
    for name in ["shard-1", "shard-2", "index"] { try set.add(file(name)) }
    try directory.write(oldContent, to: "shard-2")
    #expect(failure(ofPublishing: set) == .exists(file: directory.path("shard-2")))
    #expect(try directory.names() == ["shard-2"])
    #expect(try directory.bytes(of: "shard-2") == oldContent)
  }

  @Test func `replaces an older set`() throws {
    let names = ["index", "shard-1"]
    for name in names { try directory.write(oldContent, to: name) }
    var set = AtomicFileSet()
    for name in names.reversed() { try set.add(file(name, overwrites: true)) }
    try set.publish()
    #expect(try directory.names() == names)
    for name in names { #expect(try directory.bytes(of: name) == content) }
  }

  @Test func `keeps the directory that was made for it, and removes it when it fails`() throws {
    do {
      let output = try OutputDirectory(path: directory.path("out/deep/"))
      #expect(try directory.names() == ["out"])
      _ = try file("out/deep/a.bin", in: output)
    }
    #expect(try directory.names() == [])
    do {
      let output = try OutputDirectory(path: directory.path("out/deep"))
      try file("out/deep/a.bin", in: output).commit()
    }
    #expect(try directory.bytes(of: "out/deep/a.bin") == content)
  }

  @Test func `does not take a file for a directory`() throws {
    try directory.write(oldContent, to: "out")
    let path = directory.path("out")
    #expect(
      throws: FileError.writeFailed(file: path, operation: "making the directory", code: ENOTDIR)
    ) { try OutputDirectory(path: path) }
  }
}

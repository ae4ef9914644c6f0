internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite(.enabled(if: SmallDisk.available.contains(.tmpfs), SmallDisk.reason), .serialized)
struct `Atomic file on a full disk` {
  private static let needed = 1 << 20

  /// Writes a file that the disk has no room for; what that fails with.
  private func failure(on disk: SmallDisk) -> FileError? {
    do throws(FileError) {
      let file = try AtomicFile(path: disk.path + "/a.bin", byteCount: Self.needed)
      let bytes = [UInt8](repeating: 1, count: Self.needed)
      try file.write(bytes.rawBytes, at: 0)
      try file.commit()
    } catch { return error }
    return nil
  }

  @Test func `is refused before anything is written, where room can be reserved`() throws {
    let disk = try #require(SmallDisk(.tmpfs, kibibytes: 256))
    let path = disk.path + "/a.bin"
    #expect(throws: FileError.noSpace(file: path, needed: Self.needed)) {
      _ = try AtomicFile(path: path, byteCount: Self.needed)
    }
    #expect(try disk.names() == [])
  }

  @Test(arguments: SmallDisk.available.filter { [.tmpfs, .ext2].contains($0) })
  func `fails for want of room and leaves nothing behind`(kind: SmallDisk.Kind) throws {
    let disk = try #require(SmallDisk(kind))
    guard case .noSpace(let file, let needed)? = failure(on: disk) else {
      Issue.record("not refused")
      return
    }
    #expect(file == disk.path + "/a.bin")
    #expect(needed > 0 && needed <= Self.needed)
    #expect(try disk.names() == [])
  }

  @Test(arguments: SmallDisk.available.filter { [.tmpfs, .ext2].contains($0) })
  func `appears where there is room, without replacing`(kind: SmallDisk.Kind) throws {
    let disk = try #require(SmallDisk(kind))
    let path = disk.path + "/a.bin"
    let bytes = [UInt8](repeating: 7, count: 100_000)
    try AtomicFile.create(path: path, contents: bytes.rawBytes)
    #expect(throws: FileError.exists(file: path)) {
      try AtomicFile.create(path: path, contents: bytes.rawBytes)
    }
    #expect(try disk.names() == ["a.bin"])
  }
}

internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `A damaged zip archive` {
  @Test func `is refused wherever it is cut`() throws {
    let bytes = ZipBuilder.sample.bytes()
    let directory = try TemporaryDirectory()
    for count in 0..<bytes.count {
      #expect(throws: FormatError(file: "a.zip", .zip(.noEndRecord(fileByteCount: count)))) {
        try ZipArchive.opened(Array(bytes[..<count]), in: directory) { _ in }
      }
    }
  }

  @Test func `is refused when its comment is cut`() {
    let bytes = ZipBuilder.sample.with { $0.end.comment = Array("made by hand".utf8) }.bytes()
    for count in (bytes.count - 12)..<bytes.count {
      let error = FormatError(
        file: "a.zip", byteOffset: bytes.count - 34, .zip(.noEndRecord(fileByteCount: count)))
      #expect(throws: error) { try ZipArchive.opened(Array(bytes[..<count])) { _ in } }
    }
  }

  @Test func `is refused when an archive inside it survives the cut`() {
    let inner = ZipBuilder([("policy", [1, 2, 3])]).bytes()
    let bytes = ZipBuilder([("a", [1]), ("inner.zip", inner), ("b", [2])]).bytes()
    let cut = Array(bytes[..<(31 + 1 + 39 + inner.count + 5)])
    #expect(throws: FormatError(file: "a.zip", .zip(.noEndRecord(fileByteCount: cut.count)))) {
      try ZipArchive.opened(cut) { _ in }
    }
  }

  @Test func `gives the true bytes or none when any bit is flipped`() throws {
    let bytes = ZipBuilder.sample.bytes()
    let directory = try TemporaryDirectory()
    let truth = try ZipArchive.opened(bytes) { try $0.allContents() }
    var refusals = 0
    for position in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[position] ^= 1 << bit
        let contents = try? ZipArchive.opened(damaged, in: directory) { try $0.allContents() }
        if let contents { #expect(contents == truth, "byte \(position), bit \(bit)") }
        refusals += contents == nil ? 1 : 0
      }
    }
    // Versions, dates and attributes may be anything: 18 bytes of each directory entry, 6 of each header.
    #expect(refusals > bytes.count * 8 * 4 / 5)
  }

  @Test func `names what is wrong, where, and what to do`() {
    let error = FormatError(file: "model.pt", .zip(.noEndRecord(fileByteCount: 4096)))
    #expect(
      error.description
        == "model.pt: 4096 bytes, no end record: the download was cut short; download it again")
    #expect(error.code == "ZipNoEndRecord")
  }
}

@Suite struct `A zip record that is read into memory` {
  @Test func `is refused beyond its limit`() throws {
    let error = FormatError(
      file: "a.zip", byteOffset: 40,
      .zip(.recordTooLarge(record: "m/data.pkl", byteCount: 4, limit: 3)))
    #expect(throws: error) {
      try ZipArchive.opened(ZipBuilder.sample.bytes()) { archive in
        _ = try archive.contents(of: archive.records[0], limit: 3)
      }
    }
  }

  @Test func `is refused when it grows as only a bomb does`() throws {
    // 17,000,000 zeros in 160,000 bytes: more than a hundred times.
    let builder = ZipBuilder([("a", [UInt8](repeating: 0, count: 160_000))]).with {
      $0.records[0].setBoth {
        $0.method = 8
        $0.byteCount = 17_000_000
      }
    }
    let error = FormatError(
      file: "a.zip", byteOffset: 31,
      .zip(.bomb(record: "a", compressedByteCount: 160_000, byteCount: 17_000_000)))
    #expect(throws: error) {
      try ZipArchive.opened(builder.bytes()) { archive in
        _ = try archive.contents(of: archive.records[0], limit: ZipLimits.pickleByteCount)
      }
    }
  }

  @Test(arguments: [0, 1, 2]) func `is refused when its checksum is wrong`(position: Int) throws {
    let names = ["m/data.pkl", "m/data/0", "m/version"]
    let builder = ZipBuilder.sample.with {
      $0.records[position].setBoth { $0.crc32 ^= 1 }
      if position == 0 { $0.records[0].stream() }
    }
    let fault = FileError.damaged(
      file: "a.zip", part: "record '\(names[position])'",
      reason: "its CRC-32 is not the one the archive recorded; download or copy the file again")
    for isVerifying in [true, false] {
      #expect(throws: FormatError(file: "a.zip", .file(fault))) {
        try ZipArchive.opened(builder.bytes()) { archive in
          let record = archive.records[position]
          if isVerifying { return try archive.verify(record) }
          _ = try archive.contents(of: record, limit: 1 << 20)
        }
      }
    }
  }

  @Test func `need not have a checksum`() throws {
    let builder = ZipBuilder.sample.with {
      for position in 0..<3 { $0.records[position].setBoth { $0.crc32 = 0 } }
      $0.records[0].stream()
    }
    try ZipArchive.opened(builder.bytes()) { archive in
      let contents = try archive.allContents()
      #expect(contents[Array("m/data/0".utf8)] == DeflateSample.contents)
      #expect(archive.records.map(\.crc32) == [nil, nil, nil])
    }
  }
}

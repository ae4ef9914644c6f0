internal import Checkpoints
internal import TensorStorage
internal import TestSupport
internal import Testing

@Suite struct `A file that is no checkpoint` {
  /// Fixtures, and what they are.
  private static let fixtures: [(String, String)] = [
    ("empty", "EmptyFile"), ("nuls", "ZeroFile"), ("spaces", "TextFile"),
    ("lfs-pointer", "GitLFSPointer"), ("html", "WebPage"), ("html-spaces", "WebPage"),
    ("polyglot-html", "WebPage"), ("xml", "ForeignXml"), ("json-error", "JSONDocument"),
    ("text", "TextFile"), ("script", "TextFile"), ("one-byte", "TextFile"), ("pk-only", "TextFile"),
    ("gguf", "ForeignGguf"), ("ggml", "ForeignGgml"), ("hdf5", "ForeignHdf5"),
    ("onnx", "ForeignOnnx"), ("tflite", "ForeignTfLite"), ("7z", "ForeignSevenZip"),
    ("rar", "ForeignRar"), ("gzip", "ForeignGzip"), ("bzip2", "ForeignBzip2"), ("xz", "ForeignXz"),
    ("zstd", "ForeignZstandard"), ("tar", "ForeignTar"), ("tar-climbs", "ForeignTar"),
    ("png", "ForeignImage"), ("pdf", "ForeignPdf"), ("elf", "ForeignElf"),
    ("sqlite", "ForeignSqlite"), ("parquet", "ForeignParquet"), ("msgpack", "ForeignFlax"),
    ("mxnet", "ForeignMxnet"), ("spanned", "ForeignSplitZip"), ("random", "UnknownFormat"),
    ("local-only", "ZipNoEndRecord"), ("end-only", "ZipNoEndRecord"),
    ("distcp", "ZipGluedArchives"), ("package", "ForeignTorchPackage"),
    ("pt2", "ForeignExportedProgram"), ("keras", "ForeignKeras"),
    ("baselines", "ForeignStableBaselines"), ("docx", "OtherZip"), ("jar", "OtherZip"),
    ("dcp-metadata", "ForeignDistributedMetadata"), ("torchscript-1-0", "ForeignOldTorchScript"),
    ("mar", "ForeignModelArchive"), ("zipped-safetensors", "ZippedCheckpoints"),
  ]

  @Test(arguments: fixtures) func `is named`(name: String, code: String) throws {
    let error = #expect(throws: FormatError.self) {
      try Self.read(Fixtures.path("malformed/u-\(name).bin"))
    }
    #expect(error?.code == code)
  }

  @Test(arguments: Fixtures.manifest("malformed").filter { $0.file.hasPrefix("u-") })
  func `is refused, or read where that is allowed`(fixture: Fixture) {
    let mayBeRead = fixture.exit?.contains(0) ?? false
    do {
      try Self.read(Fixtures.path("malformed/\(fixture.file)"))
      #expect(mayBeRead, "was read")
    } catch {
      #expect(error is FormatError)
    }
  }

  /// Beginnings of files, and what they are.
  private static let beginnings: [([UInt8], ForeignFault)] = [
    ([], .empty),
    ([0, 0, 0], .zeros(byteCount: 3)),
    (
      [0xC1, 0x0F, 0xFF, 1, 2, 3, 4, 5, 6, 7],
      .unknown(firstBytes: [0xC1, 0x0F, 0xFF, 1, 2, 3, 4, 5])
    ),
    ([UInt8](repeating: 0x20, count: 9), .text(firstLine: "")),
    (Array("Entry not found\nmore".utf8), .text(firstLine: "Entry not found")),
    (Array("Gr\u{FC}n\n".utf8), .text(firstLine: "Grün")),
    (Array("Gr\u{FC}".utf8).dropLast(1) + [], .text(firstLine: "Gr")),
    (
      Array(String(repeating: "x", count: 100).utf8),
      .text(firstLine: String(repeating: "x", count: 80) + "…")
    ),
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n".utf8),
      .lfsPointer(oid: "abc", byteCount: 12)
    ),
    (
      Array("version https://git-lfs.github.com/spec/v1\n".utf8),
      .lfsPointer(oid: "without oid", byteCount: nil)
    ),
    (Array("<!DOCTYPE html><title>Sign\n in</title>".utf8), .webPage(title: "Sign in")),
    (Array("\u{FEFF}\n<html>\0\u{1}".utf8), .webPage(title: nil)),
    (Array("<?xml version='1.0'?><Error/>".utf8), .kind(.xml)),
    (Array("{\"weight_map\": {}}".utf8), .json(.index)),
    (Array("{\"architectures\": [\"Bert\"]}".utf8), .json(.configuration)),
    (Array("{\"version\": \"1.0\", \"added_tokens\": []}".utf8), .json(.tokenizer)),
    (Array("[1, 2]".utf8), .json(.other)),
    (Array("(dp0\nS'a'\np1\nI1\ns.".utf8), .kind(.textPickle)),
    (Array("}q\0(X\u{1}\0\0\0wq\u{1}".utf8) + [0xFF], .kind(.textPickle)),
    (Array("(dp0\nVw\np1\n".utf8) + [0xFF], .kind(.textPickle)),
    (Array("cposix\nsystem\n(S'true'\ntR.".utf8), .kind(.textPickle)),
    (
      [0x80, 2] + Array("ctorch.distributed.checkpoint.metadata\nM".utf8),
      .kind(.distributedMetadata)
    ),
    (
      [0x80, 4] + Array("cjoblib.numpy_pickle\nNumpyArrayWrapper\n".utf8) + [0x0B],
      .kind(.joblib)
    ),
    ([0x81, 0xA5] + Array("param".utf8) + [0xC0], .kind(.flax)),
    ([0xDE, 0, 20, 0xA1, 0x61, 0x80], .kind(.flax)),
    ([0x08, 0x01, 0x12, 0xFF, 0xFF, 0x07], .kind(.savedModel)),
    ([0x08, 0x09, 0x3A, 0x80, 0x01], .kind(.onnx)),
    ([0x1C, 0, 0, 0] + Array("ET12".utf8), .kind(.executorch)),
    ([4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0] + Array("V 1".utf8), .kind(.luaTorch)),
    (
      [1, 0x93] + [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB], .kind(.tensorFlowCheckpoint)
    ),
    (tar("sys_info"), .kind(.torchTar)), (tar("./model_config.yaml"), .kind(.nemo)),
    (tar("weights/a.bin"), .kind(.tar)),
    (ZipBuilder().bytes(), .kind(.emptyZip)),
    (ZipBuilder([("m/model.json", []), ("m/version", [])]).bytes(), .kind(.oldTorchScript)),
    (
      ZipBuilder([("a/b/x.pth", [1]), ("a/", []), ("c.ckpt", [])]).bytes(),
      .zippedCheckpoints(["a/b/x.pth", "c.ckpt"])
    ),
    (ZipBuilder([("a.txt", [1]), ("b", [])]).bytes(), .otherZip(["a.txt", "b"])),
  ]

  @Test(arguments: beginnings) func `is told by its first bytes`(
    bytes: [UInt8], fault: ForeignFault
  ) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(bytes, to: "model.safetensor")
    #expect(throws: FormatError(file: path, .foreign(fault))) { try Self.read(path) }
  }

  @Test func `is called what it is, with the next step`() {
    let codes = ForeignKind.allCases.map { ForeignFault.kind($0).code }
    #expect(Set(codes).count == codes.count)
    for kind in ForeignKind.allCases {
      let sentence = ForeignFault.kind(kind).sentence
      #expect(sentence.hasPrefix("this is "))
      #expect(sentence.contains("; ") && !sentence.hasSuffix("."))
    }
  }

  private static let sentences: [(ForeignFault, String)] = [
    (
      .lfsPointer(oid: "abc", byteCount: 12),
      "this is a Git LFS pointer to 12 bytes (sha256 abc), not the file itself; run 'git lfs pull' in "
        + "the repository, or download the file"
    ),
    (
      .webPage(title: "404\u{1B}"),
      "this is a web page ('404\\u{1B}'), not a checkpoint; the download needs another address or a "
        + "login"
    ),
    (
      .text(firstLine: "Entry not found"),
      "this is text ('Entry not found'), not a checkpoint; if a download left it, it is the server's "
        + "error message"
    ),
    (
      .kind(.hdf5),
      "this is an HDF5 file (Keras, TensorFlow); load it there and save the weights as .npz or "
        + "safetensors"
    ),
    (
      .otherZip(["a", "b", "c", "d", "e"]),
      "this zip archive holds neither a torch checkpoint nor numpy arrays (its records: 'a', 'b', 'c' "
        + "and 2 more); unzip it and give the checkpoint inside, if there is one"
    ),
    (
      .unknown(firstBytes: [0xC1, 0x0F]),
      "the file begins with the bytes c1 0f, which no format known here does; safetensors, torch (.pt, "
        + ".bin, .ckpt) and numpy (.npz, .npy) files are read"
    ),
  ]

  @Test(arguments: sentences) func `is explained`(fault: ForeignFault, sentence: String) {
    #expect(fault.sentence == sentence)
    #expect(FormatError(file: "a", .foreign(fault)).description == "a: \(sentence)")
  }

  private static func tar(_ name: String) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    header.replaceSubrange(0..<name.utf8.count, with: name.utf8)
    header.replaceSubrange(257..<262, with: "ustar".utf8)
    return header
  }

  private static func read(_ path: String) throws {
    _ = try FormatRegistry.readFile(RandomAccessFile(path: path), options: ReadOptions())
  }
}

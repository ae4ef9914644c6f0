/// The bytes at a fixed place by which a kind of file is known.
struct ForeignSignature {
  private let offset: Int
  private let bytes: [UInt8]
  private let kind: ForeignKind

  private init(_ kind: ForeignKind, _ bytes: [UInt8], at offset: Int = 0) {
    (self.offset, self.bytes, self.kind) = (offset, bytes, kind)
  }

  private init(_ kind: ForeignKind, _ text: StaticString, at offset: Int = 0) {
    self.init(kind, Array(text.description.utf8), at: offset)
  }

  /// The kind whose signature `prefix` bears.
  static func kind(of prefix: [UInt8]) -> ForeignKind? {
    all.first { signature in
      prefix.dropFirst(signature.offset).starts(with: signature.bytes)
    }?.kind
  }

  private static let all: [ForeignSignature] = [
    ForeignSignature(.gzip, [0x1F, 0x8B]),
    ForeignSignature(.bzip2, "BZh"),
    ForeignSignature(.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
    ForeignSignature(.zstandard, [0x28, 0xB5, 0x2F, 0xFD]),
    ForeignSignature(.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
    ForeignSignature(.rar, [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07]),
    ForeignSignature(.splitZip, [0x50, 0x4B, 0x07, 0x08]),
    ForeignSignature(.hdf5, [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]),
    ForeignSignature(.gguf, "GGUF"),
    // The magic numbers "ggml", "ggmf" and "ggjt" of 2022 and 2023, least significant byte first.
    ForeignSignature(.ggml, "lmgg"),
    ForeignSignature(.ggml, "fmgg"),
    ForeignSignature(.ggml, "tjgg"),
    ForeignSignature(.tfLite, "TFL3", at: 4),
    ForeignSignature(.executorch, "ET12", at: 4),
    ForeignSignature(.mxnet, [0x12, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    // A torch object (4) with index 1 and a version of three characters.
    ForeignSignature(.luaTorch, [4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0x56, 0x20, 0x31]),
    ForeignSignature(.parquet, "PAR1"),
    ForeignSignature(.arrow, "ARROW1"),
    ForeignSignature(.sqlite, "SQLite format 3"),
    ForeignSignature(.pdf, "%PDF-"),
    ForeignSignature(.image, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    ForeignSignature(.image, [0xFF, 0xD8, 0xFF]),
    ForeignSignature(.matlab, "MATLAB 5.0 MAT-file"),
    ForeignSignature(.elf, [0x7F, 0x45, 0x4C, 0x46]),
    ForeignSignature(.windowsProgram, "MZ"),
    ForeignSignature(.machO, [0xCF, 0xFA, 0xED, 0xFE]),
  ]
}

/// The first header of a tar archive.
struct TarPrefix {
  private let prefix: [UInt8]

  /// The header in `prefix`; nil if the file is no tar archive.
  init?(_ prefix: [UInt8]) {
    guard prefix.count >= 512, prefix[257..<262].elementsEqual("ustar".utf8) else { return nil }
    self.prefix = prefix
  }

  /// The members of the tar archives that torch 0.1 wrote, any of which may be the first.
  private static let torchMembers = ["sys_info", "pickle", "storages", "tensors"]

  /// Which kind of tar archive it is, told by the names of the first members.
  var kind: ForeignKind {
    if Self.torchMembers.contains(name) { return .torchTar }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"))
    return parts.last.map { $0.elementsEqual("model_config.yaml".utf8) } == true ? .nemo : .tar
  }

  private var name: String {
    String(decoding: prefix[..<100].prefix { $0 != 0 }, as: UTF8.self)
  }
}

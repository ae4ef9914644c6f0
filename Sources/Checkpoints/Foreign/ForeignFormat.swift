internal import TensorStorage

/// Names files that no format reads, so that the user learns what they have and what to do.
///
/// Nothing here decides whether a file is read: every format was asked before.
enum ForeignFormat {
  /// What a file that begins with `prefix` is.
  static func fault(prefix: [UInt8], of file: RandomAccessFile) -> ForeignFault {
    if prefix.isEmpty { return .empty }
    if prefix.allSatisfy({ $0 == 0 }) { return .zeros(byteCount: prefix.count) }
    if let kind = ForeignSignature.kind(of: prefix) { return .kind(kind) }
    if let kind = TarPrefix(prefix)?.kind { return .kind(kind) }
    if endsWithTableMagic(file) { return .kind(.tensorFlowCheckpoint) }
    if let text = ForeignText(prefix) { return text.fault }
    if let kind = ForeignEncoding.kind(of: prefix) { return .kind(kind) }
    return .unknown(firstBytes: Array(prefix.prefix(8)))
  }

  /// What a zip archive is in which no format recognised its records.
  static func fault(_ archive: ZipArchive) -> ForeignFault {
    if archive.records.isEmpty { return .kind(.emptyZip) }
    if let kind = ZipPurpose.kind(of: archive) { return .kind(kind) }
    let names = archive.records.lazy.filter { !$0.isDirectory }.map(\.name)
    let checkpoints = names.filter(ZipPurpose.isCheckpoint)
    return checkpoints.isEmpty ? .otherZip(Array(names)) : .zippedCheckpoints(Array(checkpoints))
  }

  /// A TensorFlow `.index` is a table of LevelDB, whose last eight bytes are a magic number.
  private static func endsWithTableMagic(_ file: RandomAccessFile) -> Bool {
    guard file.byteCount >= 8, let bytes = try? file.bytes(at: file.byteCount - 8, count: 8) else {
      return false
    }
    return bytes == [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
  }
}

/// What zip archives are for, told by their records.
enum ZipPurpose {
  /// The purpose, if it is one known here.
  static func kind(of archive: ZipArchive) -> ForeignKind? {
    for record in archive.records {
      if let kind = kind(ofRecord: record.name) { return kind }
    }
    return nil
  }

  /// Whether a record's name is one under which checkpoints are kept.
  static func isCheckpoint(_ name: String) -> Bool {
    let suffixes = ["safetensors", "pt", "pth", "bin", "ckpt", "npz"]
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count > 1, let last = parts.last else { return false }
    return suffixes.contains { $0.utf8.elementsEqual(last) }
  }

  private static func kind(ofRecord name: String) -> ForeignKind? {
    let parts = name.utf8.split(separator: UInt8(ascii: "/")).map {
      String(decoding: $0, as: UTF8.self)
    }
    let path = parts.joined(separator: "/")
    let belowRoot = parts.dropFirst().joined(separator: "/")
    switch (path, belowRoot) {
    case ("MAR-INF/MANIFEST.json", _): return .modelArchive
    case ("model.weights.h5", _): return .keras
    case (_, "model.json"): return .oldTorchScript
    case ("_stable_baselines3_version", _): return .stableBaselines
    case (_, ".data/extern_modules"): return .torchPackage
    case (_, "archive_format"), ("serialized_exported_program.json", _): return .exportedProgram
    default: return nil
    }
  }
}

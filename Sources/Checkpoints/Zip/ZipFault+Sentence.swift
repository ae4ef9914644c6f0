internal import TensorStorage

extension ZipFault {
  /// The name of the case, after the container.
  public var code: String {
    switch self {
    case .noEndRecord: "ZipNoEndRecord"
    case .bytesAfterEnd: "ZipBytesAfterEnd"
    case .twoEndRecords: "ZipTwoEndRecords"
    case .severalDisks: "ZipSeveralDisks"
    case .zip64RecordMissing: "Zip64RecordMissing"
    case .zip64RecordMoved: "Zip64RecordMoved"
    case .zip64RecordSize: "Zip64RecordSize"
    case .zip64Disagrees: "Zip64Disagrees"
    case .directoryOutside: "ZipDirectoryOutside"
    case .gluedArchives: "ZipGluedArchives"
    case .prefixBytes: "ZipPrefixBytes"
    case .directoryTooLarge: "ZipDirectoryTooLarge"
    case .countTooLarge: "ZipCountTooLarge"
    case .countTooSmall: "ZipCountTooSmall"
    case .directoryCut: "ZipDirectoryCut"
    case .emptyName: "ZipEmptyName"
    case .nulInName: "ZipNulInName"
    case .duplicateName: "ZipDuplicateName"
    case .caseTwins: "ZipCaseTwins"
    case .encrypted: "ZipEncrypted"
    case .unknownFlags: "ZipUnknownFlags"
    case .method: "ZipMethod"
    case .impossibleSizes: "ZipImpossibleSizes"
    case .folderWithBytes: "ZipFolderWithBytes"
    case .folderAttribute: "ZipFolderAttribute"
    case .symbolicLink: "ZipSymbolicLink"
    case .extraField: "ZipExtraField"
    case .zip64Extra: "Zip64Extra"
    case .noLocalHeader: "ZipNoLocalHeader"
    case .nameDiffers: "ZipNameDiffers"
    case .methodDiffers: "ZipMethodDiffers"
    case .flagsDiffer: "ZipFlagsDiffer"
    case .sizeDiffers: "ZipSizeDiffers"
    case .checksumDiffers: "ZipChecksumDiffers"
    case .descriptorDiffers: "ZipDescriptorDiffers"
    case .overlap: "ZipOverlap"
    case .recordOutside: "ZipRecordOutside"
    case .hiddenRecord: "ZipHiddenRecord"
    case .strayBytes: "ZipStrayBytes"
    case .recordTooLarge: "ZipRecordTooLarge"
    case .bomb: "ZipBomb"
    }
  }

  /// What is wrong with the archive, and what to do; one case, one sentence.
  public var sentence: String {
    switch self {
    case .noEndRecord(let byteCount):
      "\(byteCount) bytes, no end record: the download was cut short; download it again"
    case .bytesAfterEnd(let count):
      "\(count) bytes follow the end of the zip archive, which should be the file's end; "
        + "download it again, or cut them off if you know what they are"
    case .twoEndRecords(let first, let second):
      "the zip archive has two end records (bytes \(first) and \(second)); readers would choose "
        + "differently, so it is not read; zip its content again"
    case .severalDisks:
      "this is one part of a zip archive split over several files; join the parts first"
    case .zip64RecordMissing:
      "a zip64 locator stands here without the zip64 end record before it; \(again)"
    case .zip64RecordMoved(let declared, let found):
      "the zip64 locator points to byte \(declared), but the zip64 end record is at byte \(found); "
        + again
    case .zip64RecordSize(let byteCount):
      "the zip64 end record claims \(byteCount) bytes where it has 44; \(again)"
    case .zip64Disagrees(let what, let classic, let zip64):
      "\(what) is \(classic) in the end record and \(zip64) in the zip64 end record; \(again)"
    case .directoryOutside(let offset, let byteCount, let end):
      "the zip directory is said to be \(byteCount) bytes at byte \(offset), but the end records "
        + "begin at byte \(end); \(again)"
    case .gluedArchives(let offset):
      "several zip archives one behind the other (the last begins at byte \(offset)), as in the "
        + ".distcp files of torch.distributed.checkpoint; convert the whole checkpoint folder with "
        + "torch.distributed.checkpoint.format_utils.dcp_to_torch_save first"
    case .prefixBytes(let count):
      "\(count) bytes stand in front of the zip archive, which should begin with the file; \(again)"
    case .directoryTooLarge(let byteCount, let limit):
      "the zip directory has \(byteCount) bytes; at most \(limit) are read"
    case .countTooLarge(let declared, let byteCount):
      "\(declared) records are declared, but the zip directory has only \(byteCount) bytes; \(again)"
    case .countTooSmall(let declared):
      "the zip directory lists more than the \(declared) records declared; \(again)"
    case .directoryCut(let record, let count):
      "entry \(record + 1) of \(count) in the zip directory is not a whole entry; \(again)"
    case .emptyName:
      "a record of the zip archive has no name"
    case .nulInName(let name):
      "the record name '\(escaped(name))' holds a NUL, at which torch cuts it off"
    case .duplicateName(let name):
      "two records are named '\(escaped(name))'; readers would choose differently"
    case .caseTwins(let first, let second):
      "the record names '\(escaped(first))' and '\(escaped(second))' differ in case only, "
        + "and torch takes either for the other"
    case .encrypted(let record):
      "record '\(escaped(record))' is encrypted; unpack the archive with its password first"
    case .unknownFlags(let record, let flags):
      "record '\(escaped(record))' has the flags 0x\(String(flags, radix: 16)), whose meaning is not "
        + "known here; \(rezip)"
    case .method(let record, let method):
      "record '\(escaped(record))' is compressed by \(Self.name(ofMethod: method)); only stored and "
        + "deflated records are read; \(rezip)"
    case .impossibleSizes(let record, let isStored, let compressedByteCount, let byteCount):
      "record '\(escaped(record))' is said to have \(byteCount) bytes and to take "
        + "\(compressedByteCount), which no \(isStored ? "stored" : "deflated") record can; \(again)"
    case .folderWithBytes(let record, let byteCount):
      "the folder '\(escaped(record))' has \(byteCount) bytes of content"
    case .folderAttribute(let record):
      "record '\(escaped(record))' is marked as a folder; torch would give it uninitialised memory"
    case .symbolicLink(let record):
      "record '\(escaped(record))' is a symbolic link; pack the file that it leads to"
    case .extraField(let record):
      "the extra fields of record '\(escaped(record))' do not fit their room; \(again)"
    case .zip64Extra(let record):
      "the zip64 field of record '\(escaped(record))' does not match its header; \(again)"
    case .noLocalHeader(let record):
      "record '\(escaped(record))' should begin here, but there is no local header; \(again)"
    case .nameDiffers(let record, let local):
      "record '\(escaped(record))' is named '\(escaped(local))' in its local header; \(rezip)"
    case .methodDiffers(let record, let local, let directory):
      "record '\(escaped(record))' is compressed by \(Self.name(ofMethod: directory)) in the "
        + "directory and by \(Self.name(ofMethod: local)) in its local header; \(rezip)"
    case .flagsDiffer(let record, let local, let directory):
      "record '\(escaped(record))' has the flags 0x\(String(directory, radix: 16)) in the directory "
        + "and 0x\(String(local, radix: 16)) in its local header; \(rezip)"
    case .sizeDiffers(let record, let local, let directory):
      "record '\(escaped(record))' has \(directory) bytes in the directory and \(local) in its local "
        + "header; \(again)"
    case .checksumDiffers(let record):
      "record '\(escaped(record))' has one CRC-32 in the directory and another in its local header; "
        + again
    case .descriptorDiffers(let record):
      "the descriptor behind record '\(escaped(record))' tells other sizes or another CRC-32 than "
        + "the directory; \(again)"
    case .overlap(let first, let second):
      "record '\(escaped(second))' begins within record '\(escaped(first))'; \(rezip)"
    case .recordOutside(let record, let offset):
      "record '\(escaped(record))' reaches beyond byte \(offset), where the directory has to begin; "
        + again
    case .hiddenRecord(let name):
      "a record '\(escaped(name))' stands here that the directory does not list; \(rezip)"
    case .strayBytes(let count):
      "\(count) bytes here belong to no record of the zip archive; \(rezip)"
    case .recordTooLarge(let record, let byteCount, let limit):
      "record '\(escaped(record))' has \(byteCount) bytes; at most \(limit) are read into memory"
    case .bomb(let record, let compressedByteCount, let byteCount):
      "record '\(escaped(record))' would grow from \(compressedByteCount) to \(byteCount) bytes, as "
        + "only a decompression bomb does"
    }
  }

  /// A structure that does not hold together: most often a transfer that went wrong.
  private var again: String { "the file is damaged; download or copy it again" }
  /// A structure that was made that way.
  private var rezip: String { "unpack it and save it again with a tool you trust" }

  /// The name of a compression method (APPNOTE 6.3.10, section 4.4.5).
  private static func name(ofMethod method: UInt16) -> String {
    let names: [UInt16: String] = [
      0: "none", 1: "shrink", 2: "reduce", 3: "reduce", 4: "reduce", 5: "reduce", 6: "implode",
      8: "deflate", 9: "deflate64", 10: "PKWARE implode", 12: "bzip2", 14: "LZMA", 16: "CMPSC",
      18: "TERSE", 19: "LZ77", 20: "Zstandard", 93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG",
      97: "WavPack", 98: "PPMd", 99: "AES encryption",
    ]
    return names[method].map { "\($0) (method \(method))" } ?? "method \(method)"
  }
}

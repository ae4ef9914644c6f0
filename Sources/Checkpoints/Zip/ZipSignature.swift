/// The four bytes with which each structure of a zip archive begins, as a little-endian integer.
enum ZipSignature {
  static let localHeader: UInt32 = 0x0403_4B50
  static let centralHeader: UInt32 = 0x0201_4B50
  static let dataDescriptor: UInt32 = 0x0807_4B50
  static let endRecord: UInt32 = 0x0605_4B50
  static let zip64EndRecord: UInt32 = 0x0606_4B50
  static let zip64Locator: UInt32 = 0x0706_4B50
}

/// The sizes of the structures, without names, extra fields and comments.
enum ZipSize {
  static let localHeader = 30
  static let centralHeader = 46
  static let endRecord = 22
  static let zip64EndRecord = 56
  static let zip64Locator = 20
}

/// The bits of a record's general purpose flags (APPNOTE 6.3.10, section 4.4.4).
enum ZipFlag {
  static let encrypted: UInt16 = 1 << 0
  static let deflateOptions: UInt16 = 0b110
  static let dataDescriptor: UInt16 = 1 << 3
  static let strongEncryption: UInt16 = 1 << 6
  static let utf8: UInt16 = 1 << 11
  static let maskedHeader: UInt16 = 1 << 13

  /// Those that leave a record readable.
  static let known = deflateOptions | dataDescriptor | utf8
}

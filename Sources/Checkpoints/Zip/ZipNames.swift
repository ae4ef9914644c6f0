internal import TensorStorage

/// The names of an archive's records, in which no two differ by case alone, unless they are those of arrays.
///
/// torch looks names up without regard to ASCII case and takes one of several, so such an archive would
/// mean different things to different readers. numpy, which alone has arrays, means each name exactly.
struct ZipNames: Sendable {
  private static let arraySuffix = Array(".npy".utf8)

  private var names: [String]
  private var positions: [TensorName: Int]

  /// The names of `headers`.
  ///
  /// - Throws: `duplicateName` or `caseTwins`.
  init(_ headers: [ZipCentralHeader], file: RandomAccessFile) throws(FormatError) {
    names = headers.map(\.name)
    positions = [:]
    positions.reserveCapacity(names.count)
    for (position, name) in names.enumerated() {
      guard let other = positions.updateValue(position, forKey: Self.folded(name)) else { continue }
      let isSame = TensorName(names[other]) == TensorName(name)
      throw FormatError(
        file: file.path, byteOffset: headers[position].directoryOffset,
        .zip(isSame ? .duplicateName(name) : .caseTwins(names[other], name)))
    }
  }

  /// Where the record of exactly that name stands.
  func position(of name: String) -> Int? {
    guard let position = positions[Self.folded(name)] else { return nil }
    return TensorName(names[position]) == TensorName(name) ? position : nil
  }

  private static func folded(_ name: String) -> TensorName {
    if name.utf8.suffix(arraySuffix.count).elementsEqual(arraySuffix) { return TensorName(name) }
    let uppercase = UInt8(ascii: "A")...UInt8(ascii: "Z")
    guard name.utf8.contains(where: uppercase.contains) else { return TensorName(name) }
    let bytes = name.utf8.map { uppercase.contains($0) ? $0 | 0x20 : $0 }
    return TensorName(String(decoding: bytes, as: UTF8.self))
  }
}

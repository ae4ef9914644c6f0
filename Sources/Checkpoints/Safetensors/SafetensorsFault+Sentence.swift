internal import TensorStorage

extension SafetensorsFault {
  /// What is wrong, what was needed, what to do.
  public var sentence: String {
    switch self {
    case .headerTooSmall(let byteCount):
      "the file has \(byteCount) bytes; a safetensors file begins with 8 bytes of header length"
    case .headerTooLarge(let byteCount):
      "the header's length is given as \(byteCount) bytes; "
        + "\(SafetensorsHeader.maximumByteCount) are the limit, so these 8 bytes are damaged or "
        + "this is no safetensors file"
    case .invalidHeaderLength(let declared, let available):
      "the header is \(declared) bytes long and only \(available) bytes follow its length: "
        + "\(declared - available) bytes of the header are missing, and every tensor is lost; "
        + "download or copy the file again"
    case .invalidHeader: "the header is not UTF-8 text"
    case .invalidHeaderDeserialization(let fault): fault.sentence
    case .invalidOffset(let start, let end, let expected):
      end < start
        ? "data_offsets end at \(end), before their start \(start)"
        : "data_offsets begin at \(start), but the tensor before ends at \(expected); "
          + "safetensors allows no \(start < expected ? "overlaps" : "holes")"
    case .validationOverflow(let shape):
      "the shape \(Self.text(shape)) has more elements than 64 bits can count"
    case .extentOverflow(let shape):
      "the shape \(Self.text(shape)) has an extent, or extents before its zero, beyond the 63 bits "
        + "that torch, numpy and this program count with"
    case .misalignedSlice(let dtype, let elementCount):
      "\(elementCount) elements of \(dtype.name) do not fill whole bytes"
    case .tensorInvalidInfo(let declared, let needed, let dtype, let shape):
      "data_offsets span \(declared) bytes, but \(dtype.name) of shape \(Self.text(shape)) "
        + "needs \(needed)"
    case .incompleteBuffer(let expected, let found, let lost, let lostCount):
      "the file is cut short: it has \(found) of \(expected) bytes, "
        + "\(expected - UInt64(found)) are missing; \(Self.text(lost: lost, count: lostCount)); "
        + "download or copy it again"
    case .trailingBytes(let expected, let found):
      "the tensors end at byte \(expected), but the file has \(found) bytes: "
        + "\(UInt64(found) - expected) bytes follow that belong to no tensor"
    case .duplicateName:
      "the name occurs twice in the header, and readers differ in which tensor they take; "
        + "--lenient takes the last"
    case .controlCharacterInName:
      "the name has a control character in it, which can hide it from other programs; "
        + "--lenient accepts it"
    case .tooMany(let noun, let limit):
      "the header has more than \(limit) \(noun), the most that this program takes"
    case .reservedName:
      "safetensors keeps this name for its metadata, and no reader would open the file; "
        + "rename it with --rename or leave it out with --exclude"
    case .unwritableName:
      "the name has a control character in it, which can hide it from other programs; "
        + "rename it with --rename or leave it out with --exclude"
    case .unsupportedDType(let dtype):
      "safetensors cannot hold the dtype \(dtype.name); cast it with --dtype, leave it out with "
        + "--exclude, or write a .pt file"
    case .writtenHeaderTooLarge(let byteCount):
      "the header would have \(byteCount) bytes; \(SafetensorsHeader.maximumByteCount) are the "
        + "limit of safetensors; split the tensors over several files with --shard-size"
    }
  }

  private static func text(_ shape: [UInt64]) -> String {
    // A hostile shape can have millions of dimensions.
    let shown = shape.prefix(16).map(\.description).joined(separator: ", ")
    return shape.count > 16 ? "[\(shown), … \(shape.count) dimensions]" : "[\(shown)]"
  }

  private static func text(lost: [String], count: Int) -> String {
    let names = lost.map { "'\(escaped($0))'" }.joined(separator: ", ")
    let rest = count > lost.count ? " and \(count - lost.count) more" : ""
    return "\(count == 1 ? "the tensor" : "the tensors") \(names)\(rest) "
      + "\(count == 1 ? "is" : "are") cut or lost"
  }
}

extension SafetensorsFault.HeaderFault {
  fileprivate var sentence: String {
    switch self {
    case .json(let reason): "the header is not that of a safetensors file: \(reason)"
    case .empty: "the header is empty; it must be a JSON object, '{}' at least"
    case .blank:
      "the file begins with zeros: its space was allocated and its bytes never arrived; "
        + "download or copy it again"
    }
  }
}

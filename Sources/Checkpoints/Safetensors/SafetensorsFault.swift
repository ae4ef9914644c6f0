public import TensorStorage

/// Faults of a safetensors file, and of tensors that cannot be written to one.
///
/// Where the reference implementation has an error for it, the code is that error's name.
public enum SafetensorsFault: FormatFault {
  /// The file is shorter than the length of its header.
  case headerTooSmall(byteCount: Int)
  /// The header's length is above the limit.
  case headerTooLarge(byteCount: UInt64)
  /// The file ends within its header.
  case invalidHeaderLength(declared: Int, available: Int)
  /// The header is not UTF-8.
  case invalidHeader
  /// The header is not the JSON that a safetensors header is.
  case invalidHeaderDeserialization(HeaderFault)
  /// A tensor's bytes do not begin where the previous tensor's end, or end before they begin.
  case invalidOffset(start: UInt64, end: UInt64, expected: UInt64)
  /// The shape has more elements, or bits, than can be counted.
  case validationOverflow(shape: [UInt64])
  /// A shape without elements whose extents only the reference, which counts to 2⁶⁴ − 1, can hold.
  case extentOverflow(shape: [UInt64])
  /// The elements do not fill their last byte.
  case misalignedSlice(dtype: DType, elementCount: UInt64)
  /// The offsets span another number of bytes than the dtype and the shape need.
  case tensorInvalidInfo(declared: UInt64, needed: UInt64, dtype: DType, shape: [UInt64])
  /// The file is shorter than its header says; `lost` begins the list of the tensors that are cut.
  case incompleteBuffer(expected: UInt64, found: Int, lost: [String], lostCount: Int)
  /// Bytes follow the last tensor.
  case trailingBytes(expected: UInt64, found: Int)
  /// Two tensors have one name.
  case duplicateName
  /// A name has NUL or another control character in it.
  case controlCharacterInName
  /// The header holds more of something than this library takes.
  case tooMany(String, limit: Int)
  /// A tensor cannot be written under the name of the metadata.
  case reservedName
  /// A tensor cannot be written under a name with a control character in it.
  case unwritableName
  /// safetensors has no such dtype.
  case unsupportedDType(DType)
  /// The header to be written would be above the limit.
  case writtenHeaderTooLarge(byteCount: Int)

  /// What keeps a header from being read as one.
  public enum HeaderFault: Equatable, Sendable {
    /// Not JSON, or other JSON than was needed.
    case json(JSONError.Reason)
    /// The header is empty: its length is 0.
    case empty
    /// Nothing but zeros: a file that was allocated and never filled.
    case blank
  }
}

extension SafetensorsFault {
  /// Whether a name was refused that other programs could not read or would hide.
  public var isSafetyRefusal: Bool {
    switch self {
    case .reservedName, .unwritableName: true
    default: false
    }
  }

  /// The name of the reference implementation's error, where it has one.
  public var code: String {
    switch self {
    case .headerTooSmall: "HeaderTooSmall"
    case .headerTooLarge, .writtenHeaderTooLarge: "HeaderTooLarge"
    case .invalidHeaderLength: "InvalidHeaderLength"
    case .invalidHeader: "InvalidHeader"
    case .invalidHeaderDeserialization: "InvalidHeaderDeserialization"
    case .invalidOffset: "InvalidOffset"
    case .validationOverflow, .extentOverflow: "ValidationOverflow"
    case .misalignedSlice: "MisalignedSlice"
    case .tensorInvalidInfo: "TensorInvalidInfo"
    case .incompleteBuffer, .trailingBytes: "MetadataIncompleteBuffer"
    case .duplicateName: "DuplicateTensorName"
    case .controlCharacterInName, .unwritableName: "ControlCharacterInName"
    case .tooMany: "HeaderLimitExceeded"
    case .reservedName: "ReservedTensorName"
    case .unsupportedDType: "UnsupportedDType"
    }
  }
}

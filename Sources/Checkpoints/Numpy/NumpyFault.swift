internal import TensorStorage

/// Faults of .npy and .npz.
public enum NumpyFault: FormatFault {
  /// A member named like an array that does not begin like one.
  case magic
  /// A version of the format that numpy has not.
  case version(major: UInt8, minor: UInt8)
  /// A file that ends within its header.
  case headerCut(needed: Int, available: Int)
  /// A header longer than numpy itself reads.
  case headerTooLarge(byteCount: Int, limit: Int)
  /// A header that is no Python literal.
  case headerSyntax(offset: Int)
  /// A header that is no dictionary of `descr`, `fortran_order` and `shape`.
  case headerKeys
  /// A `descr` that is no text.
  case malformedDescr
  /// A `fortran_order` that is neither `True` nor `False`.
  case malformedOrder
  /// A `shape` that is no tuple of sizes.
  case malformedShape
  /// More dimensions than numpy has.
  case rank(Int, limit: Int)
  /// A shape whose bytes cannot be counted.
  case sizeOverflow([Int])
  /// A record of several fields.
  case structured
  /// Elements that no tensor has.
  case dtype(descr: String, reason: DTypeReason)
  /// Fewer bytes than the shape needs.
  case dataShort(needed: Int, available: Int)
  /// More bytes than the shape needs.
  case dataLong(needed: Int, available: Int)
  /// Two members of an archive that stand for one array.
  case nameTwice(String)

  /// Why elements are no tensor's.
  public enum DTypeReason: Sendable {
    /// Pickled Python objects.
    case object
    /// Text or byte strings.
    case text
    /// Dates, or spans of time.
    case time
    /// Bytes without a meaning, as numpy saves types that it does not know.
    case void
    /// The processor's own extended precision.
    case longDouble
    /// A code that numpy has not.
    case unknown
  }
}

extension NumpyFault {
  /// Whether the array is sound, and its elements are no tensor's.
  var isOfElements: Bool {
    switch self {
    case .structured, .dtype: true
    default: false
    }
  }

  /// The name of the case, after the format.
  public var code: String {
    switch self {
    case .magic: "NumpyMagic"
    case .version: "NumpyVersion"
    case .headerCut: "NumpyHeaderCut"
    case .headerTooLarge: "NumpyHeaderTooLarge"
    case .headerSyntax: "NumpyHeaderSyntax"
    case .headerKeys: "NumpyHeaderKeys"
    case .malformedDescr: "NumpyDescr"
    case .malformedOrder: "NumpyFortranOrder"
    case .malformedShape: "NumpyShape"
    case .rank: "NumpyRank"
    case .sizeOverflow: "NumpySizeOverflow"
    case .structured: "NumpyStructured"
    case .dtype: "NumpyDType"
    case .dataShort: "NumpyDataShort"
    case .dataLong: "NumpyDataLong"
    case .nameTwice: "NumpyNameTwice"
    }
  }

  /// What is wrong with the array, and what to do; one case, one sentence.
  public var sentence: String {
    switch self {
    case .magic:
      "is named like a numpy array but does not begin like one"
    case .version(let major, let minor):
      "version \(major).\(minor) of the .npy format is not known; versions 1.0, 2.0 and 3.0 are read"
    case .headerCut(let needed, let available):
      "the array's header needs \(needed) bytes and \(available) are there; \(again)"
    case .headerTooLarge(let byteCount, let limit):
      "the array's header has \(byteCount) bytes; numpy itself reads at most \(limit)"
    case .headerSyntax(let offset):
      "the array's header is not a Python literal (character \(offset)); it is never evaluated"
    case .headerKeys:
      "the array's header is not a dictionary of 'descr', 'fortran_order' and 'shape'"
    case .malformedDescr:
      "'descr' in the array's header is not the name of a dtype, as '<f4'"
    case .malformedOrder:
      "'fortran_order' in the array's header is neither True nor False"
    case .malformedShape:
      "'shape' in the array's header is not a tuple of sizes, as (3, 4)"
    case .rank(let rank, let limit):
      "the array has \(rank) dimensions; numpy has at most \(limit)"
    case .sizeOverflow(let shape):
      "the array's shape \(shape) has more bytes than can be counted"
    case .structured:
      "is a structured array, whose records are no tensor; save each field as an array of its own; "
        + Self.omission
    case .dtype(let descr, let reason):
      "has elements of dtype '\(escaped(descr))', \(reason.text); \(Self.omission)"
    case .dataShort(let needed, let available):
      "the array needs \(needed) bytes and \(available) are there; \(again)"
    case .dataLong(let needed, let available):
      "the array needs \(needed) bytes and \(available) are there; numpy would leave out the rest, "
        + "which may be further arrays; save them in an .npz instead"
    case .nameTwice(let name):
      "is a second array named '\(escaped(name))'; numpy would leave out one of them"
    }
  }

  private static let omission = "--exclude leaves it out of an .npz"

  private var again: String { "the file was cut short; download or copy it again" }
}

extension NumpyFault.DTypeReason {
  fileprivate var text: String {
    switch self {
    case .object:
      "pickled Python objects, which are not read; save the arrays inside it one by one"
    case .text: "which is text and no tensor"
    case .time: "which are times and no tensor; save them as integers (.astype('i8'))"
    case .void:
      "bytes of which numpy does not know the meaning (bfloat16 and float8 arrays are saved so); "
        + "save them as float32, or with torch or safetensors"
    case .longDouble: "which only some processors have; save them as float64"
    case .unknown: "which is not known here"
    }
  }
}

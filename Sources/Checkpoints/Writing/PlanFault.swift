public import TensorStorage

/// Why a checkpoint cannot be written as asked; found before a byte is written, except for overflow.
public enum PlanFault: FormatFault {
  /// The format has no such dtype; other tensors with dtypes that it has not.
  case unsupportedDType(DType, format: OutputFormat, others: [String] = [])
  /// numpy has no such dtype.
  case noNumpyDType(DType)
  /// numpy has no array of that shape.
  case noNumpyShape([Int])
  /// There is no conversion between the two dtypes.
  case noConversion(from: DType, to: DType)
  /// The source holds the tensor's shape and not its bytes.
  case noData
  /// A tensor whose elements are not in rows and columns: sparse or nested.
  case notStrided(String, format: OutputFormat)
  /// A name that the format cannot hold, and why.
  case unwritableName(reason: String)
  /// A substitution that is not one.
  case invalidRename(rule: String, reason: String)
  /// No tensor is left; the patterns to include that match none.
  case nothingLeft(idle: [String])
  /// A tensor would have the empty name.
  case emptyName(of: String)
  /// Two tensors would have one name.
  case collision(first: String, second: String, name: String)
  /// Tensors share bytes, and that was to be refused.
  case sharedBytes(names: [String])
  /// Finite values became infinite; the tensors, and how many values of each.
  case overflow(tensors: [String], counts: [Int], dtype: DType)
  /// No suffix says which format is meant.
  case unknownFormat
  /// The format does not know this way of telling that tensors share bytes.
  case unsupportedAliasPolicy(AliasPolicy, format: OutputFormat)
  /// The format has no shards.
  case unsupportedSharding(OutputFormat)
  /// The format has no place for metadata.
  case unsupportedMetadata(OutputFormat)
  /// The buffers need more than was allowed.
  case memoryTooSmall(needed: Int, allowed: Int)
  /// The names and shapes alone are longer than the format allows.
  case headerTooLarge(byteCount: Int, limit: Int)
  /// The output would be longer than a file can be.
  case outputTooLarge
  /// What was written and read back is not what was to be written.
  case verificationFailed(reason: String)

  /// A name for programs.
  public var code: String {
    switch self {
    case .unsupportedDType: "UnsupportedDType"
    case .noNumpyDType: "UnsupportedDType"
    case .noNumpyShape: "UnsupportedShape"
    case .noConversion: "NoConversion"
    case .noData: "NoData"
    case .notStrided: "NotStrided"
    case .unwritableName: "UnwritableName"
    case .invalidRename: "InvalidRename"
    case .nothingLeft: "NothingLeft"
    case .emptyName: "EmptyName"
    case .collision: "NameCollision"
    case .sharedBytes: "SharedBytes"
    case .overflow: "Overflow"
    case .unknownFormat: "UnknownFormat"
    case .unsupportedAliasPolicy: "UnsupportedAliasPolicy"
    case .unsupportedSharding: "UnsupportedSharding"
    case .unsupportedMetadata: "UnsupportedMetadata"
    case .memoryTooSmall: "MemoryTooSmall"
    case .headerTooLarge: "HeaderTooLarge"
    case .outputTooLarge: "OutputTooLarge"
    case .verificationFailed: "VerificationFailed"
    }
  }

  /// What is wrong and what to do.
  public var sentence: String {
    switch self {
    case .unsupportedDType(let dtype, let format, let others):
      "\(format.rawValue) cannot hold dtype \(dtype.name)"
        + (others.isEmpty ? "" : ", nor those of \(NameList.text(others))")
        + "; leave what it cannot hold out with --exclude, "
        + (ElementConversion.isSupported(from: dtype, to: .f32)
          ? "convert it with --keep NAME=DTYPE, " : "")
        + "or choose another format with --to"
    case .noNumpyDType(let dtype):
      "numpy has no dtype for \(dtype.name); --dtype f32 converts floating-point values first"
    case .noNumpyShape(let shape):
      shape.count > NumpyHeader.maximumRank
        ? "it has \(shape.count) dimensions, and numpy has at most \(NumpyHeader.maximumRank); leave it out with "
          + "--exclude, or choose another format with --to"
        : "numpy cannot count the bytes of shape \(shape), though it has no elements; leave it out with "
          + "--exclude, or choose another format with --to"
    case .noConversion(let source, let target):
      "there is no conversion from \(source.name) to \(target.name); leave the tensor as it is with "
        + "--keep NAME=\(source.name.lowercased()), or out with --exclude"
    case .noData:
      "the file holds its shape and no data (a tensor of torch's meta device); leave it out with "
        + "--exclude"
    case .notStrided(let layout, let format):
      "it is \(layout), which \(format.rawValue) cannot hold; leave it out with --exclude, or write what it "
        + "is made of (indices, values, sizes) as tensors below its name with --split-sparse"
    case .unwritableName(let reason):
      "the name cannot be written: \(reason); give it another with --rename, or leave it out with "
        + "--exclude"
    case .invalidRename(let rule, let reason):
      "--rename '\(escaped(rule))': \(reason)"
    case .nothingLeft(let idle):
      idle.isEmpty
        ? "--include and --exclude leave no tensor to write"
        : "--include \(NameList.text(idle)) matches no tensor, and nothing is left to write"
    case .emptyName(let name):
      "'\(escaped(name))' would have no name; change the --rename or --strip-prefix, or leave it out with "
        + "--exclude"
    case .collision(let first, let second, let name):
      "'\(escaped(first))' and '\(escaped(second))' would both be named '\(escaped(name))'; change "
        + "the --rename or --strip-prefix, or leave one out with --exclude"
    case .sharedBytes(let names):
      "these tensors share bytes: \(NameList.text(names)); --aliases copy gives each its own"
    case .overflow(let tensors, let counts, let dtype):
      "finite values become infinite in \(dtype.name): \(Self.list(tensors, counts)); nothing was "
        + "written; --allow-overflow accepts it, --keep NAME=DTYPE spares a tensor"
    case .unknownFormat:
      "the suffix names no format; end the destination in .safetensors, .pt or .npz, or use --to"
    case .unsupportedAliasPolicy(let policy, let format):
      "--aliases \(policy.rawValue) is not possible in \(format.rawValue); "
        + "\(format.aliasPolicies.map(\.rawValue).joined(separator: ", ")) are"
    case .unsupportedSharding(let format):
      "\(format.rawValue) has no shards; use --to safetensors or --to pt with --shard-size"
    case .unsupportedMetadata(let format):
      "\(format.rawValue) has no place for --metadata; safetensors has"
    case .memoryTooSmall(let needed, let allowed):
      "--memory allows \(allowed) bytes of buffers, and at least \(needed) are needed"
    case .headerTooLarge(let byteCount, let limit):
      "its header would have \(byteCount) bytes, and the format allows \(limit); use --shard-size"
    case .outputTooLarge:
      "the output would be longer than a file can be; leave expanded views out with --exclude"
    case .verificationFailed(let reason):
      "what was read back differs from what was to be written: \(reason)"
    }
  }

  /// Whether going on would lose something without consent (exit code 3).
  public var isSafetyRefusal: Bool {
    switch self {
    case .collision, .emptyName, .sharedBytes, .overflow: true
    default: false
    }
  }

  /// Whether the words of the command were wrong, rather than what they were applied to (exit code 2).
  public var isUsageError: Bool {
    switch self {
    case .unknownFormat, .unsupportedAliasPolicy, .unsupportedSharding, .unsupportedMetadata,
      .memoryTooSmall, .invalidRename, .nothingLeft:
      true
    default: false
    }
  }

  /// The names and their counts, as a sentence lists them.
  private static func list(_ names: [String], _ counts: [Int]) -> String {
    NameList.text(names) { "\(counts[$0]) value\(counts[$0] == 1 ? "" : "s")" }
  }
}

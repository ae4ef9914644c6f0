public import TensorStorage

/// What is wrong with an input, and where.
///
/// The place is the same for every format (file, tensor, byte offset); the fault is the format's own
/// enumeration, which holds facts and makes the sentence of them.
public struct FormatError: Error, Equatable, Sendable {
  /// The file, as the user named it; a shard's path in a sharded checkpoint.
  public var file: String
  /// The tensor, where one is concerned.
  public var tensor: String?
  /// The offset of the fault in the file, in bytes, where it is known.
  public var byteOffset: Int?
  /// What is wrong.
  public var fault: Fault

  /// A fault and its place.
  public init(file: String, tensor: String? = nil, byteOffset: Int? = nil, _ fault: Fault) {
    self.file = file
    self.tensor = tensor
    self.byteOffset = byteOffset
    self.fault = fault
  }

  /// The faults, by the part of the house that finds them.
  public enum Fault: Equatable, Sendable {
    /// The disk.
    case file(FileError)
    /// The safetensors header and its shards' agreement with it.
    case safetensors(SafetensorsFault)
    /// The zip container.
    case zip(ZipFault)
    /// The pickle machine.
    case pickle(PickleFault)
    /// What a torch checkpoint means: storages, rebuilds, the state dict.
    case torch(TorchFault)
    /// .npy and .npz.
    case numpy(NumpyFault)
    /// The index of a sharded checkpoint and its shards.
    case shards(ShardFault)
    /// Files that are something else, recognised and named.
    case foreign(ForeignFault)
    /// What was asked for cannot be written as asked.
    case plan(PlanFault)
    /// A text file with a list of names, given beside a checkpoint.
    case listing(ListingFault)
  }
}

/// An enumeration of faults: each case holds facts, and here is all the prose.
///
/// A parser may throw it bare where its caller knows the place and makes the `FormatError`.
public protocol FormatFault: Error, Equatable, Sendable {
  /// A name for programs: the reference implementation's error name where there is one.
  var code: String { get }
  /// What is wrong, what was needed, what to do: a clause that follows the place and a colon.
  var sentence: String { get }
  /// Whether the input was refused for safety (exit code 3) rather than found malformed (4).
  var isSafetyRefusal: Bool { get }
  /// Whether the words of the command were wrong (exit code 2), rather than what they were applied to.
  var isUsageError: Bool { get }
}

extension FormatFault {
  /// False: most faults are malformed input.
  public var isSafetyRefusal: Bool { false }
  /// False: most faults are malformed input.
  public var isUsageError: Bool { false }
}

extension FormatError {
  /// Wraps an error of the disk, keeping it whole.
  public init(_ error: FileError, file: String) { self.init(file: file, .file(error)) }

  private var details: (any FormatFault)? {
    switch fault {
    case .file: nil
    case .safetensors(let fault): fault
    case .zip(let fault): fault
    case .pickle(let fault): fault
    case .torch(let fault): fault
    case .numpy(let fault): fault
    case .shards(let fault): fault
    case .foreign(let fault): fault
    case .plan(let fault): fault
    case .listing(let fault): fault
    }
  }

  /// Whether the input was refused for safety rather than found malformed.
  public var isSafetyRefusal: Bool { details?.isSafetyRefusal ?? false }

  /// Whether the words of the command were wrong, rather than what they were applied to.
  public var isUsageError: Bool { details?.isUsageError ?? false }

  /// A name for `--json`: the reference implementation's error name where there is one.
  public var code: String {
    if case .file(let error) = fault { return error.code }
    return details?.code ?? ""
  }
}

extension FormatError: CustomStringConvertible {
  /// One sentence: where, what is wrong, what was needed, what to do.
  public var description: String {
    if case .file(let error) = fault { return error.description }
    var place = escaped(file)
    if let tensor { place += ": tensor '\(escaped(tensor))'" }
    if let byteOffset { place += " (byte \(byteOffset))" }
    return "\(place): \(details?.sentence ?? "")"
  }
}

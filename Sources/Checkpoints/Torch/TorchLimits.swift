/// What a torch checkpoint may ask for, each with its reason.
enum TorchLimits {
  /// How deep files may stand inside files (`torch.storage._load_from_bytes`): a pickled tensor is one deep, a
  /// deep-copied cache of one is two.
  static let nestingDepth = 2

  /// How many bytes of memory the pickles of such files may take together: ten thousand storages, each in a file of
  /// its own, need half of it.
  static let nestedByteCount = 1 << 27

  /// How many wrappers may stand around a value (a Parameter of a subclass of a tagged list is three).
  static let wrapperDepth = 16

  /// How many arguments a call may have that means something here: torch's own have up to eight.
  static let argumentCount = 16

  /// How many dimensions a tensor may have: far more than torch's kernels take, which save and load what
  /// they do not compute with.
  static let rank = 1024

  /// How deep dictionaries and lists may be nested around a tensor: Python's pickler gives up before.
  static let containerDepth = 1000

  /// How many values are looked at in all: twice as many as opcodes can make.
  ///
  /// A pickle can hand one list of a million values to a million calls.
  static let examinedValueCount = 1 << 24

  /// How many values are looked at to name tensors.
  ///
  /// What a pickle shares counts each time it is met, so that a small file which nests lists of itself does not become an endless one.
  static let visitedValueCount = 3 << 19

  /// How many tensors a file may name: five times those of the largest mixture of experts.
  static let tensorCount = 1 << 19

  /// How many bytes the names may have together: what the header of a safetensors file holds.
  static let nameByteCount = 100_000_000

  /// How many bytes one name may have.
  static let nameLength = 1 << 16

  /// How many bytes of keys that are not text are printed as Python would; further ones are told by their place.
  static let printedByteCount = 1 << 24

  /// How many bytes tensors may have beyond those that are stored, as a multiple of the file's and in any case.
  ///
  /// Views that repeat elements (`expand`, `unfold`) have more, and so have tensors that share elements: those of a
  /// stack whose layers are one and the same stand under dozens of names.
  static let expansion = 128
  static let freeExpansionByteCount = 1 << 30

  /// How many bytes are decompressed on the way to tensors that lie behind others in a compressed storage, besides the
  /// same multiple of the file's: a few seconds' worth.
  static let freeInflationByteCount = 1 << 34

  /// How many values that are not tensors are described.
  static let describedValueCount = 1000

  /// The longest `version` and `byteorder` record that is looked at.
  static let smallRecordByteCount = 4096

  /// How much of a legacy stream is read at first to find the end of a pickle.
  static let firstWindowByteCount = 1 << 20

  /// The same of one inside a pickle, of which there may be thousands, each of a few hundred bytes.
  static let firstNestedWindowByteCount = 1 << 10
}

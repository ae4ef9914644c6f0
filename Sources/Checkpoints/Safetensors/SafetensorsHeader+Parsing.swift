internal import TensorStorage

/// What a safetensors header says, before it is compared with itself and with the file.
///
/// In order of priority: accept exactly the JSON that the reference implementation accepts; know the byte
/// of each fault; one pass, in which only names and shapes are allocated; memory within `Limit`.
struct SafetensorsHeaderParser {
  /// A tensor as the header describes it.
  struct Tensor {
    var name: TensorName
    /// The extents, as bits: those above `Int.max` are negative here.
    var shape: [Int]
    var start: UInt64
    var end: UInt64
    /// Where its name stands in the header, which has less than 2³² bytes.
    var headerOffset: UInt32
    var dtype: DType
  }

  /// What a header may make its reader hold in memory.
  ///
  /// Ten times what the largest published checkpoints have in all shards together, and little
  /// enough to stay, with a header of 100 MB, under half a gigabyte.
  enum Limit {
    static let tensors = 1_000_000
    static let metadata = 1_000_000
    static let dimensions = 8_000_000
  }

  private(set) var tensors: [Tensor] = []
  private(set) var metadata: [String: String]?
  private(set) var remarks = SafetensorsRemarks()

  /// The name of the tensor whose description is being read.
  private(set) var currentName: String?

  private var dimensionCount = 0
  private var hasMetadata = false
  private var shape: [Int] = []
  private var lastShape: [Int] = []
  private var last = (text: [UInt8]("F32".utf8), dtype: DType.f32)

  private let metadataName = [UInt8](SafetensorsHeader.metadataName.utf8)
  private let dtypeField = [UInt8]("dtype".utf8)
  private let shapeField = [UInt8]("shape".utf8)
  private let offsetsField = [UInt8]("data_offsets".utf8)

  /// Gives the tensors away.
  mutating func takeTensors() -> [Tensor] { exchange(&tensors, with: []) }

  /// Reads a whole header.
  mutating func parse(_ header: [UInt8]) throws(JSONError) {
    // A description takes some 90 bytes.
    tensors.reserveCapacity(min(header.count / 64, Limit.tensors))
    var scanner = JSONScanner(header.span)
    if header.first != UInt8(ascii: "{") { remarks.add(.whiteSpaceAround) }
    var object = try scanner.enter(.object)
    while try scanner.next(in: &object) { try parseMember(&scanner) }
    if header[scanner.offset...].contains(where: { $0 != 0x20 }) { remarks.add(.whiteSpaceAround) }
    try scanner.finish()
  }

  private mutating func parseMember(_ scanner: inout JSONScanner) throws(JSONError) {
    _ = scanner.peek()
    let start = scanner.offset
    let key = try scanner.key()
    if scanner.isEqual(key, to: metadataName) {
      guard !hasMetadata else {
        throw JSONError(byteOffset: start, reason: .duplicateKey(SafetensorsHeader.metadataName))
      }
      hasMetadata = true
      return try parseMetadata(&scanner)
    }
    let name = try scanner.text(key)
    currentName = name
    guard tensors.count < Limit.tensors else {
      throw JSONError(byteOffset: start, reason: .tooMany("tensors", limit: Limit.tensors))
    }
    let isArray = scanner.peek() == UInt8(ascii: "[")
    var tensor = Tensor(
      name: TensorName(name), shape: [], start: 0, end: 0,
      headerOffset: UInt32(truncatingIfNeeded: start), dtype: .f32)
    if isArray { try parseArray(&tensor, &scanner) } else { try parseObject(&tensor, &scanner) }
    tensors.append(tensor)
    currentName = nil
  }

  /// `null`, or an object of texts; the last of several equal keys counts, as in the reference.
  private mutating func parseMetadata(_ scanner: inout JSONScanner) throws(JSONError) {
    if try scanner.skipNull() { return }
    var entries: [String: String] = [:]
    var object = try scanner.enter(.object)
    while try scanner.next(in: &object) {
      let key = try scanner.text(try scanner.key())
      let value = try scanner.text(try scanner.string())
      if entries.updateValue(value, forKey: key) != nil { remarks.add(.repeatedMetadataKey) }
      guard entries.count <= Limit.metadata else {
        throw scanner.fault(.tooMany("entries of metadata", limit: Limit.metadata))
      }
    }
    metadata = entries
  }

  /// `{"dtype": …, "shape": […], "data_offsets": [begin, end]}` in any order, other fields passed over.
  private mutating func parseObject(
    _ tensor: inout Tensor, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    var (hasDType, hasShape, hasOffsets) = (false, false, false)
    var object = try scanner.enter(.object)
    while try scanner.next(in: &object) {
      _ = scanner.peek()
      let start = scanner.offset
      let key = try scanner.key()
      if scanner.isEqual(key, to: dtypeField) {
        try Self.note("dtype", at: start, &hasDType)
        tensor.dtype = try parseDType(&scanner)
      } else if scanner.isEqual(key, to: shapeField) {
        try Self.note("shape", at: start, &hasShape)
        tensor.shape = try parseShape(&scanner)
      } else if scanner.isEqual(key, to: offsetsField) {
        try Self.note("data_offsets", at: start, &hasOffsets)
        (tensor.start, tensor.end) = try parseOffsets(&scanner)
      } else {
        remarks.add(.unknownField, tensor: tensor.name.text)
        try scanner.skipValue()
      }
    }
    guard hasDType else { throw scanner.fault(.missingKey("dtype")) }
    guard hasShape else { throw scanner.fault(.missingKey("shape")) }
    guard hasOffsets else { throw scanner.fault(.missingKey("data_offsets")) }
  }

  private static func note(
    _ field: String, at byteOffset: Int, _ isPresent: inout Bool
  ) throws(JSONError) {
    guard !isPresent else { throw JSONError(byteOffset: byteOffset, reason: .duplicateKey(field)) }
    isPresent = true
  }

  /// `[dtype, […], [begin, end]]`: what serde makes of a structure, and accepts.
  private mutating func parseArray(
    _ tensor: inout Tensor, _ scanner: inout JSONScanner
  ) throws(JSONError) {
    remarks.add(.arrayForm, tensor: tensor.name.text)
    let needed = JSONError.Reason.mismatch(needed: "an array of dtype, shape and data_offsets")
    var array = try scanner.enter(.array)
    guard try scanner.next(in: &array) else { throw scanner.fault(needed) }
    tensor.dtype = try parseDType(&scanner)
    guard try scanner.next(in: &array) else { throw scanner.fault(needed) }
    tensor.shape = try parseShape(&scanner)
    guard try scanner.next(in: &array) else { throw scanner.fault(needed) }
    (tensor.start, tensor.end) = try parseOffsets(&scanner)
    guard try !scanner.next(in: &array) else { throw scanner.fault(needed) }
  }

  private mutating func parseDType(_ scanner: inout JSONScanner) throws(JSONError) -> DType {
    let token = try scanner.string()
    // Most tensors have the dtype of the one before.
    if scanner.isEqual(token, to: last.text) { return last.dtype }
    let name = try scanner.text(token)
    guard let dtype = DType(name: name), dtype.isSafetensors else {
      let known = DType.allCases.filter(\.isSafetensors).map(\.name).joined(separator: ", ")
      throw JSONError(
        byteOffset: token.range.lowerBound, reason: .unknownValue(name, needed: known))
    }
    last = ([UInt8](name.utf8), dtype)
    return dtype
  }

  private mutating func parseShape(_ scanner: inout JSONScanner) throws(JSONError) -> [Int] {
    shape.removeAll(keepingCapacity: true)
    var array = try scanner.enter(.array)
    while try scanner.next(in: &array) {
      shape.append(Int(truncatingIfNeeded: try scanner.unsignedInteger()))
      dimensionCount += 1
      guard dimensionCount <= Limit.dimensions else {
        throw scanner.fault(.tooMany("dimensions in all", limit: Limit.dimensions))
      }
    }
    // Layers repeat: neighbours of one shape share its memory.
    if shape != lastShape { lastShape = Array(shape[...]) }
    return lastShape
  }

  private func parseOffsets(
    _ scanner: inout JSONScanner
  ) throws(JSONError) -> (start: UInt64, end: UInt64) {
    let needed = JSONError.Reason.mismatch(needed: "an array of two integers, begin and end,")
    var array = try scanner.enter(.array)
    guard try scanner.next(in: &array) else { throw scanner.fault(needed) }
    let start = try scanner.unsignedInteger()
    guard try scanner.next(in: &array) else { throw scanner.fault(needed) }
    let end = try scanner.unsignedInteger()
    guard try !scanner.next(in: &array) else { throw scanner.fault(needed) }
    return (start, end)
  }
}

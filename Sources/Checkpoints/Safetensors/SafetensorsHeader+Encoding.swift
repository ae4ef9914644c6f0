package import TensorStorage

extension SafetensorsHeader {
  /// A tensor that is to be written.
  package struct Tensor: Sendable {
    package var name: TensorName
    package var dtype: DType
    package var shape: [Int]

    /// A tensor of that name, dtype and shape.
    package init(name: TensorName, dtype: DType, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }
  }

  /// A safetensors file before its tensors' bytes: what it begins with, and where each tensor goes.
  package struct FileLayout: Sendable {
    /// The file's first bytes: the length, the JSON, the padding.
    package var bytes: [UInt8]
    /// The given tensors' positions, in the order of their bytes in the file.
    package var order: [Int]
    /// For each given tensor, the range of its bytes in the file.
    package var ranges: [Range<Int>]
    /// Bytes of the whole file.
    package var fileByteCount: Int
  }

  /// Another order and place of the data than the reference writer's.
  package struct Placement: Equatable, Sendable {
    /// The given tensors' positions, in the order of their bytes.
    package var order: [Int]
    /// Where the data begin, modulo `blockByteCount`; a multiple of eight.
    package var offsetInBlock: Int
    /// The unit in which the disk gives out room.
    package var blockByteCount: Int
  }

  /// The order in which the reference writer puts tensors: by dtype, descending in the order of `DType`, then by
  /// the bytes of their names.
  static func referenceOrder(of tensors: [Tensor]) -> [Int] {
    // By fields: copies of whole tensors would cost two reference counts each.
    tensors.indices.sorted { a, b in
      tensors[a].dtype == tensors[b].dtype
        ? tensors[a].name < tensors[b].name
        : tensors[a].dtype.rawValue > tensors[b].dtype.rawValue
    }
  }

  /// Lays out the file that the reference writer makes of these tensors, byte for byte.
  ///
  /// Tensors in the reference's order; compact JSON, metadata first; spaces up to a multiple of eight bytes. Metadata is sorted by the bytes of its
  /// keys, where the reference has no order: its files differ from run to run.
  ///
  /// - Parameters:
  ///   - tensors: In any order, no name twice.
  ///   - metadata: The `__metadata__`; nil for none, where an empty one is written as `{}`.
  ///   - placement: Where the tensors are to go instead; the padding is then as long as that takes.
  ///   - file: The destination, for messages.
  /// - Returns: The file's first bytes and every tensor's place.
  /// - Throws: A tensor that safetensors cannot hold, by name; a header above the limit.
  package static func encode(
    _ tensors: [Tensor], metadata: [String: String]?, placement: Placement? = nil, file: String
  ) throws(FormatError) -> FileLayout {
    let order = placement?.order ?? referenceOrder(of: tensors)
    var json = [UInt8](repeating: 0, count: lengthByteCount)
    json.reserveCapacity(tensors.count * 100)
    json.append(UInt8(ascii: "{"))
    if let metadata { json.append(metadata: metadata) }
    var ranges = [Range<Int>](repeating: 0..<0, count: tensors.count)
    var end = 0
    for position in order {
      let tensor = tensors[position]
      do throws(SafetensorsFault) {
        ranges[position] = try place(tensor, after: end)
      } catch {
        throw FormatError(file: file, tensor: tensor.name.text, .safetensors(error))
      }
      end = ranges[position].upperBound
      json.append(tensor: tensor, offsets: ranges[position])
    }
    json.append(UInt8(ascii: "}"))
    json += repeatElement(UInt8(ascii: " "), count: padding(after: json.count, placement))
    return try layout(json, order: order, ranges: ranges, dataByteCount: end, file: file)
  }

  /// The range of the tensor's bytes within the data.
  private static func place(
    _ tensor: Tensor, after start: Int
  ) throws(SafetensorsFault) -> Range<Int> {
    guard tensor.name.text != metadataName else { throw .reservedName }
    guard !hasControlCharacters(tensor.name.text) else { throw .unwritableName }
    guard tensor.dtype.isSafetensors else { throw .unsupportedDType(tensor.dtype) }
    let overflow = SafetensorsFault.validationOverflow(
      shape: tensor.shape.map { UInt64(clamping: $0) })
    guard let elementCount = Layout.elementCount(of: tensor.shape) else {
      throw overflow
    }
    guard let byteCount = tensor.dtype.byteCount(elementCount: elementCount) else {
      guard tensor.dtype.isSubByte else { throw overflow }
      throw .misalignedSlice(dtype: tensor.dtype, elementCount: UInt64(clamping: elementCount))
    }
    let (end, isTooLarge) = start.addingReportingOverflow(byteCount)
    guard !isTooLarge else { throw overflow }
    return start..<end
  }

  /// Spaces between the JSON and the data.
  private static func padding(after end: Int, _ placement: Placement?) -> Int {
    guard let placement else { return (alignment - end % alignment) % alignment }
    let block = placement.blockByteCount
    return (placement.offsetInBlock - end % block + block) % block
  }

  /// Puts the length of the JSON into the room before it, and moves the ranges behind it.
  private static func layout(
    _ json: consuming [UInt8], order: [Int], ranges: [Range<Int>], dataByteCount: Int, file: String
  ) throws(FormatError) -> FileLayout {
    var bytes = json
    let jsonByteCount = bytes.count - lengthByteCount
    guard jsonByteCount <= maximumByteCount else {
      throw FormatError(
        file: file, .safetensors(.writtenHeaderTooLarge(byteCount: jsonByteCount)))
    }
    for position in 0..<lengthByteCount {
      bytes[position] = UInt8(truncatingIfNeeded: jsonByteCount >> (8 * position))
    }
    let dataStart = bytes.count
    let (fileByteCount, isTooLarge) = dataStart.addingReportingOverflow(dataByteCount)
    guard !isTooLarge else {
      throw FormatError(
        file: file, .safetensors(.validationOverflow(shape: [UInt64(clamping: dataByteCount)])))
    }
    return FileLayout(
      bytes: bytes, order: order,
      ranges: ranges.map { ($0.lowerBound + dataStart)..<($0.upperBound + dataStart) },
      fileByteCount: fileByteCount)
  }
}

extension [UInt8] {
  fileprivate mutating func append(metadata: [String: String]) {
    appendJSONString(SafetensorsHeader.metadataName, escaping: .serde)
    append(UInt8(ascii: ":"))
    append(UInt8(ascii: "{"))
    let sorted = metadata.sorted { TensorName($0.key) < TensorName($1.key) }
    for (position, (key, value)) in sorted.enumerated() {
      if position > 0 { append(UInt8(ascii: ",")) }
      appendJSONString(key, escaping: .serde)
      append(UInt8(ascii: ":"))
      appendJSONString(value, escaping: .serde)
    }
    append(UInt8(ascii: "}"))
  }

  fileprivate mutating func append(tensor: SafetensorsHeader.Tensor, offsets: Range<Int>) {
    if last != UInt8(ascii: "{") { append(UInt8(ascii: ",")) }
    appendJSONString(tensor.name.text, escaping: .serde)
    self += #":{"dtype":""#.utf8
    self += tensor.dtype.name.utf8
    self += #"","shape":["#.utf8
    for (position, extent) in tensor.shape.enumerated() {
      if position > 0 { append(UInt8(ascii: ",")) }
      self += extent.description.utf8
    }
    self += #"],"data_offsets":["#.utf8
    self += offsets.lowerBound.description.utf8
    append(UInt8(ascii: ","))
    self += offsets.upperBound.description.utf8
    self += "]}".utf8
  }
}

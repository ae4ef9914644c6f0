internal import TensorStorage

/// The one validation walk: the tensors in the order of their bytes, against each other and the file.
struct SafetensorsWalk {
  let file: RandomAccessFile
  let dataStart: Int
  let isLenient: Bool
  private(set) var remarks: SafetensorsRemarks

  init(file: RandomAccessFile, dataStart: Int, isLenient: Bool, remarks: SafetensorsRemarks) {
    self.file = file
    self.dataStart = dataStart
    self.isLenient = isLenient
    self.remarks = remarks
  }

  private typealias Tensor = SafetensorsHeaderParser.Tensor

  /// The tensors in data order, each within the file: rules 6 to 10.
  mutating func checkpoint(
    of declared: consuming [SafetensorsHeaderParser.Tensor]
  ) throws(FormatError) -> Checkpoint {
    // Held once only: a second hold would have the changes below copy them.
    var tensors = declared
    if isLenient { tensors = lastOfEachName(tensors) }
    if !Self.isInDataOrder(tensors) {
      tensors.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    }
    do throws(FormatError) {
      try checkEnd(try checkTiling(tensors), tensors)
    } catch {
      // Two tensors of one name rarely tile; they are the cause then.
      throw firstDuplicate(tensors) ?? error
    }
    var checkpoint = Checkpoint(
      source: CheckpointSource(format: SafetensorsFormat.identifier, files: [file.path]))
    checkpoint.reserveCapacity(tensors.count)
    // From the back of the reversed list each is moved, not copied.
    tensors.reverse()
    while let tensor = tensors.popLast() { try append(tensor, to: &checkpoint) }
    return checkpoint
  }

  private static func isInDataOrder(_ tensors: [SafetensorsHeaderParser.Tensor]) -> Bool {
    var previous: UInt64 = 0
    for tensor in tensors {
      guard tensor.start >= previous, tensor.end >= tensor.start else { return false }
      previous = tensor.end
    }
    return true
  }

  /// Rules 6 to 9, tensor by tensor; answers where the last one ends.
  private func checkTiling(
    _ tensors: [SafetensorsHeaderParser.Tensor]
  ) throws(FormatError) -> UInt64 {
    var end: UInt64 = 0
    for tensor in tensors {
      guard tensor.start == end, tensor.end >= tensor.start else {
        throw fault(.invalidOffset(start: tensor.start, end: tensor.end, expected: end), tensor)
      }
      let needed: UInt64
      do throws(SafetensorsFault) {
        needed = try Self.byteCount(tensor)
      } catch {
        throw fault(error, tensor)
      }
      guard needed == tensor.end - tensor.start else {
        throw fault(
          .tensorInvalidInfo(
            declared: tensor.end - tensor.start, needed: needed, dtype: tensor.dtype,
            shape: Self.extents(tensor)), tensor)
      }
      end = tensor.end
    }
    return end
  }

  /// Bytes of the dtype and shape, multiplied left to right as the reference does.
  private static func byteCount(
    _ tensor: SafetensorsHeaderParser.Tensor
  ) throws(SafetensorsFault) -> UInt64 {
    var count: UInt64 = 1
    var hasHugeExtent = false
    for extent in tensor.shape {
      hasHugeExtent = hasHugeExtent || extent < 0
      let (product, overflow) = count.multipliedReportingOverflow(
        by: UInt64(UInt(bitPattern: extent)))
      guard !overflow else { throw .validationOverflow(shape: extents(tensor)) }
      count = product
    }
    let (bits, overflow) = count.multipliedReportingOverflow(by: UInt64(tensor.dtype.bitCount))
    guard !overflow else { throw .validationOverflow(shape: extents(tensor)) }
    guard bits.isMultiple(of: 8) else {
      throw .misalignedSlice(dtype: tensor.dtype, elementCount: count)
    }
    guard !hasHugeExtent else { throw .extentOverflow(shape: extents(tensor)) }
    return bits / 8
  }

  private static func extents(_ tensor: SafetensorsHeaderParser.Tensor) -> [UInt64] {
    tensor.shape.map { UInt64(UInt(bitPattern: $0)) }
  }

  /// Rule 10: the last tensor ends with the file.
  private func checkEnd(
    _ end: UInt64, _ tensors: [SafetensorsHeaderParser.Tensor]
  ) throws(FormatError) {
    let available = UInt64(file.byteCount - dataStart)
    if end == available { return }
    // A sum that does not fit is more than any file has.
    let (sum, overflow) = end.addingReportingOverflow(UInt64(dataStart))
    let expected = overflow ? UInt64.max : sum
    guard end > available else {
      throw FormatError(
        file: file.path, byteOffset: Int(expected),
        .safetensors(.trailingBytes(expected: expected, found: file.byteCount)))
    }
    let lost = tensors.filter { $0.end > available }
    throw FormatError(
      file: file.path,
      .safetensors(
        .incompleteBuffer(
          expected: expected, found: file.byteCount, lost: lost.prefix(3).map(\.name.text),
          lostCount: lost.count)))
  }

  private func fault(
    _ fault: SafetensorsFault, _ tensor: SafetensorsHeaderParser.Tensor
  ) -> FormatError {
    FormatError(
      file: file.path, tensor: tensor.name.text,
      byteOffset: SafetensorsHeader.lengthByteCount + Int(tensor.headerOffset),
      .safetensors(fault))
  }

  private mutating func append(
    _ tensor: consuming SafetensorsHeaderParser.Tensor, to checkpoint: inout Checkpoint
  ) throws(FormatError) {
    let name = tensor.name.text
    if SafetensorsHeader.hasControlCharacters(name) {
      guard isLenient else { throw fault(.controlCharacterInName, tensor) }
      remarks.add(.controlCharacter, tensor: name)
    }
    // Both lie within the file, which `checkEnd` has seen to.
    let start = dataStart + Int(tensor.start)
    let range = FileRange(
      file: file, byteOffset: start, byteCount: Int(tensor.end - tensor.start))
    if name.isEmpty { remarks.add(.emptyName) }
    if !start.isMultiple(of: max(1, tensor.dtype.bitCount / 8)), range.byteCount > 0 {
      remarks.add(.unalignedTensor, tensor: name)
    }
    guard
      let view = LazyTensor(dtype: tensor.dtype, shape: tensor.shape, storage: Storage(range))
    else { throw fault(.extentOverflow(shape: Self.extents(tensor)), tensor) }
    guard checkpoint.append(Checkpoint.Entry(name: tensor.name, tensor: view)) else {
      throw fault(.duplicateName, tensor)
    }
  }

  /// Notes what concerns the header as a whole.
  mutating func remark(headerByteCount: Int, metadata: [String: String]?) {
    if !headerByteCount.isMultiple(of: SafetensorsHeader.alignment) {
      remarks.add(.unalignedHeader)
    }
    if let metadata, !["pt", "mlx"].contains(metadata["format"]) { remarks.add(.missingFormat) }
  }
}

extension SafetensorsWalk {
  /// The fault of the first name that occurs a second time in the header.
  private func firstDuplicate(_ tensors: [SafetensorsHeaderParser.Tensor]) -> FormatError? {
    if isLenient { return nil }
    var names = Set<TensorName>(minimumCapacity: tensors.count)
    let inHeaderOrder = tensors.sorted { $0.headerOffset < $1.headerOffset }
    return inHeaderOrder.first { !names.insert($0.name).inserted }.map { fault(.duplicateName, $0) }
  }

  /// The tensors without those that a later one of the same name replaces, as the reference does it.
  private mutating func lastOfEachName(
    _ tensors: [SafetensorsHeaderParser.Tensor]
  ) -> [SafetensorsHeaderParser.Tensor] {
    var names = Set<TensorName>(minimumCapacity: tensors.count)
    var kept: [SafetensorsHeaderParser.Tensor] = []
    kept.reserveCapacity(tensors.count)
    for tensor in tensors.reversed() {
      if names.insert(tensor.name).inserted {
        kept.append(tensor)
      } else {
        remarks.add(.duplicateName, tensor: tensor.name.text)
      }
    }
    return kept.reversed()
  }
}

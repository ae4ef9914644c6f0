internal import TensorStorage

/// Lays out an `.npz` archive, byte for byte what `numpy.savez` writes of the same arrays.
struct NumpyOutput {
  private let conversion: Conversion
  private let destination: Destination

  /// Refuses shared bytes where that is asked for; else each array gets its own.
  init(_ conversion: Conversion, to destination: Destination, aliases: AliasPolicy)
    throws(FormatError)
  {
    self.conversion = conversion
    self.destination = destination
    if aliases == .error { try SharedViews(conversion).refuse(in: conversion) }
  }

  /// The one file.
  func layout() throws(FormatError) -> OutputLayout {
    var archive = NumpyArchiveLayout()
    for item in conversion.items {
      do { try append(item, to: &archive) } catch { throw conversion.fault(error, item) }
    }
    let path = destination.path(ofFile: 0, of: 1)
    var output = OutputLayout(placements: placements)
    do {
      output.files = [OutputLayout.File(path: path, segments: try archive.finish())]
    } catch { throw FormatError(file: path, .plan(error)) }
    output.remarks = remarks
    return output
  }

  private func append(
    _ item: Conversion.Item, to archive: inout NumpyArchiveLayout
  ) throws(PlanFault) {
    let tensor = item.tensor
    guard let header = NumpyHeader.encode(dtype: tensor.dtype, shape: tensor.shape) else {
      throw .unsupportedDType(tensor.dtype, format: .npz)
    }
    guard NumpyHeader.isSupported(shape: tensor.shape, of: tensor.dtype) else {
      throw .noNumpyShape(tensor.shape)
    }
    // Readers cut a name there.
    guard !item.name.text.utf8.contains(0) else {
      throw .unwritableName(reason: "it has a NUL in it")
    }
    try archive.append(item.name.text, header: header, tensor, owner: item.position)
  }

  private var placements: [OutputLayout.Placement] {
    conversion.items.map { item in
      OutputLayout.Placement(
        file: 0, action: conversion.action(of: item), byteCount: item.tensor.byteCount)
    }
  }

  private var remarks: [String] {
    // Whoever asked for copies knows of them.
    let groups = conversion.options.aliases == nil ? SharedViews(conversion).overlapping : []
    var remarks = groups.map { group in
      let names = group.map { conversion.items[$0].name.text }
      return "\(NameList.text(names)) share bytes; in npz each gets its own"
    }
    if !conversion.metadata.isEmpty {
      let keys = conversion.metadata.keys.sorted()
      remarks.append("metadata has no place in npz and is left out: \(NameList.text(keys))")
    }
    return remarks
  }
}

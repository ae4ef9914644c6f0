internal import TensorStorage

extension Checkpoint {
  /// Decides what writing this checkpoint means, and refuses what cannot be done; writes nothing.
  ///
  /// - Parameters:
  ///   - destination: A file, or a directory if it ends in `/`, is one, or the output is sharded.
  ///   - options: What to change on the way.
  /// - Returns: Each output file to the byte, and what happens to each tensor.
  /// - Throws: A `PlanFault`, or a `FileError` where the destination is taken or cannot be looked at.
  public func plan(
    writingTo destination: String, options: ConversionOptions = ConversionOptions()
  ) throws(FormatError) -> WritePlan {
    let destination = try Destination(destination, options: options)
    let policy = try options.policy(for: destination.format)
    let conversion = try Conversion(of: self, options: options, format: destination.format)
    let layout: OutputLayout
    switch destination.format {
    case .safetensors:
      layout = try SafetensorsOutput(conversion, to: destination, aliases: policy).layout()
    case .pt: layout = try TorchOutput(conversion, to: destination, aliases: policy).layout()
    case .npz: layout = try NumpyOutput(conversion, to: destination, aliases: policy).layout()
    }
    return try WritePlan(of: conversion, layout: layout, destination: destination)
  }

  /// Writes the checkpoint: plans, then carries the plan out.
  ///
  /// - Parameters:
  ///   - destination: A file, or a directory if it ends in `/`, is one, or the output is sharded.
  ///   - options: What to change on the way.
  /// - Returns: What was written, and what casting did.
  /// - Throws: What `plan(writingTo:options:)` and `WritePlan.execute` throw.
  @discardableResult
  public func write(
    to destination: String, options: ConversionOptions = ConversionOptions()
  ) throws(FormatError) -> WriteReport {
    try plan(writingTo: destination, options: options).execute()
  }
}

extension ConversionOptions {
  /// What to do with tensors that share bytes; refuses what the format has no way for.
  fileprivate func policy(for format: OutputFormat) throws(FormatError) -> AliasPolicy {
    let policy = aliases ?? format.aliasPolicies[0]
    guard format.aliasPolicies.contains(policy) else {
      throw FormatError(
        file: format.rawValue, .plan(.unsupportedAliasPolicy(policy, format: format)))
    }
    guard metadata.isEmpty || format == .safetensors else {
      throw FormatError(file: format.rawValue, .plan(.unsupportedMetadata(format)))
    }
    return policy
  }
}

extension WritePlan {
  fileprivate init(
    of conversion: Conversion, layout: OutputLayout, destination: Destination
  ) throws(FormatError) {
    let options = conversion.options
    let companions = options.companions.filter {
      !$0.isThere(destination.path(ofCompanion: $0.name))
    }
    let files =
      try companions.map { companion throws(FormatError) in
        try PlannedFile(companion, path: destination.path(ofCompanion: companion.name))
      }
      + layout.files.map {
        PlannedFile(
          path: $0.path, byteCount: $0.segments.byteCount, isCompanion: false,
          segments: $0.segments.segments, link: $0.link,
          isPooled: $0.isPooled)
      }
    // What the user named is told before what goes with it.
    let named = files.filter { !$0.isCompanion } + files.filter(\.isCompanion)
    let place = OutputPlace(
      paths: named.map(\.path), destination: destination,
      sources: conversion.checkpoint.source.allFiles + companions.compactMap(\.sourcePath)
        + options.otherSources)
    removedFiles = try place.filesInTheWay(overwrites: options.overwrites)
    freeDiskByteCount = FileSystem.freeByteCount(at: layout.files.first?.path ?? ".")
    format = destination.format
    self.files = files
    tensors = Self.tensors(of: conversion, layout: layout, firstFile: companions.count)
    remarks = conversion.remarks + layout.remarks
    directories = destination.directory.map { [$0] } ?? []
    overwrites = options.overwrites
    allowsOverflow = options.allowsOverflow
    let contents = files.lazy.filter { $0.link == nil }.flatMap {
      $0.segments.lazy.compactMap(\.tensor)
    }
    readByteCount = contents.reduce(0) { $0 + $1.extentByteCount }
    let largestView = contents.reduce(0) { max($0, $1.heldByteCount) }
    do {
      budget = try WriteBudget(
        byteCount: options.memoryByteCount,
        threadCount: options.threadCount ?? Workers.processorCount, largestView: largestView)
    } catch { throw FormatError(file: layout.files.first?.path ?? "", .plan(error)) }
  }

  private static func tensors(
    of conversion: Conversion, layout: OutputLayout, firstFile: Int
  ) -> [PlannedTensor] {
    var tensors: [PlannedTensor] = []
    tensors.reserveCapacity(conversion.items.count + conversion.omissions.count)
    var omissions = conversion.omissions[...]
    for (item, placement) in zip(conversion.items, layout.placements) {
      while let omission = omissions.first, omission.position < item.position {
        tensors.append(PlannedTensor(omission))
        omissions.removeFirst()
      }
      tensors.append(
        PlannedTensor(item, placement, firstFile: firstFile, format: conversion.format))
    }
    tensors.append(contentsOf: omissions.lazy.map { PlannedTensor($0) })
    return tensors
  }
}

extension PlannedTensor {
  fileprivate init(
    _ item: Conversion.Item, _ placement: OutputLayout.Placement, firstFile: Int,
    format: OutputFormat
  ) {
    sourceName = item.sourceName
    name = item.name
    action = placement.action
    sourceDType = item.source.dtype
    dtype = item.tensor.dtype
    shape = item.tensor.shape
    byteCount = placement.byteCount
    file = placement.file.map { firstFile + $0 }
    if format == .safetensors, case .alias = placement.action {
      content = nil
    } else {
      content = item.tensor
    }
  }

  fileprivate init(_ omission: Conversion.Omission) {
    sourceName = omission.sourceName
    name = nil
    action = .drop(reason: omission.reason)
    sourceDType = omission.source.dtype
    dtype = omission.source.dtype
    shape = omission.source.shape
    byteCount = 0
    file = nil
    content = nil
  }
}

extension PlannedFile {
  /// The file that a companion becomes.
  init(_ companion: CompanionFile, path: String) throws(FormatError) {
    var segments = SegmentList()
    do { try companion.append(to: &segments) } catch {
      throw FormatError(file: path, .plan(error))
    }
    self.init(
      path: path, byteCount: segments.byteCount, isCompanion: true, segments: segments.segments)
  }
}

extension FileSegment {
  /// The tensor that it is, if it is one.
  var tensor: LazyTensor? {
    if case .tensor(let tensor, owner: _) = content { tensor } else { nil }
  }
}

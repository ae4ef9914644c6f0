internal import TensorStorage

// A bundle is sound if each of its models is, if each file of its pool hashes to what `bundle.json` says, and if
// each model has there what it shares.

extension CheckpointCheck {
  /// Checks every model of the bundle in `directory`, and the pool.
  func check(_ bundle: BundleManifest, in directory: String) throws(FormatError) -> CheckReport {
    let root = directory.hasSuffix("/") ? directory : directory + "/"
    var report = CheckReport()
    var known: Set<FileIdentity> = []
    var checked = CheckedBundle(directory: root, manifest: bundle)
    var poolByteCounts: [Int] = []
    for position in bundle.pool.indices {
      let own = try checkPool(bundle, position, in: root)
      poolByteCounts.append(own.byteCount)
      report.add(own, &known)
    }
    for position in bundle.models.indices {
      var own = try checkModel(bundle, position, in: root)
      checked.models[position].index = own.index
      checked.models[position].tensorCount = own.tensorCount
      checked.models[position].byteCount = own.byteCount
      // What models share is counted once: with the pool.
      let shared = bundle.models[position].fileOfTensor
      own.tensorCount = max(0, own.tensorCount - shared.count)
      own.byteCount = max(0, own.byteCount - shared.values.reduce(0) { $0 + poolByteCounts[$1] })
      report.add(own, &known)
    }
    report.bundle = checked
    report.hasCheckedValues = checksValues
    return report
  }

  /// A file of the pool, by itself.
  private func checkPool(
    _ bundle: BundleManifest, _ position: Int, in root: String
  ) throws(FormatError) -> CheckReport {
    let file = bundle.pool[position]
    let path = root + file.file
    var report = check(path)
    report.files = [path]
    guard report.isSound else { return report }
    let checkpoint = try Checkpoint.open(path, options: options)
    if checkpoint[file.tensor] == nil || checkpoint.entries.count != 1 {
      report.findings.append(
        CheckFinding(
          .fault, code: "InvalidPool", file: path,
          sentence: "bundle.json says that it holds '\(escaped(file.tensor.text))' and nothing else"
        ))
    }
    report.findings += try changes(bundle, position, at: path)
    return report
  }

  /// A model's directory: its files, and what it shares.
  private func checkModel(
    _ bundle: BundleManifest, _ position: Int, in root: String
  ) throws(FormatError) -> CheckReport {
    let model = bundle.models[position]
    let path = root + model.directory
    var report = CheckReport()
    do throws(FormatError) { try BundleManifest.requireNone(in: path) } catch {
      report.findings.append(CheckFinding(error))
      return report
    }
    report = try checkOne(path, withPool: false)
    guard report.isSound else { return report }
    let checkpoint = try Checkpoint.open(path, options: options)
    for (name, file) in model.fileOfTensor.sorted(by: { $0.key < $1.key }) {
      let pooled = root + bundle.pool[file].file
      let linked = model.linkedFiles[file].map { "\(path)/\($0)" } ?? pooled
      if FileIdentity.of(checkpoint.file(of: name)) == FileIdentity.of(linked) {
        if FileIdentity.of(linked) == FileIdentity.of(pooled) { continue }
        report.findings += try changes(bundle, file, at: linked)
      } else if try !has(checkpoint, name, of: bundle.pool[file], in: root) {
        report.findings.append(
          CheckFinding(
            .fault, code: "NotPooled", file: path, tensor: name.text,
            sentence:
              "it is not what '\(escaped(bundle.pool[file].file))' holds, which bundle.json says "
              + "this model shares; tie the models again"))
      }
    }
    return report
  }

  /// Whether a model's tensor is the pool's.
  private func has(
    _ model: Checkpoint, _ name: TensorName, of file: BundleManifest.PoolFile, in root: String
  ) throws(FormatError) -> Bool {
    guard let own = model[name] else { return false }
    let pool = try Checkpoint.open(root + file.file, options: options)
    guard let shared = pool[file.tensor], shared.dtype == own.dtype, shared.shape == own.shape
    else { return false }
    do { return try own.hasSameElements(as: shared) } catch {
      throw model.error(error, reading: name)
    }
  }

  /// The finding that a file of the pool, or one that a model has it under, hashes to something else.
  func changes(
    _ bundle: BundleManifest, _ position: Int, at path: String
  ) throws(FormatError) -> [CheckFinding] {
    let file = bundle.pool[position]
    let found = try ContentDigest.ofFile(path, observer: observer)
    if found == file.digest { return [] }
    let fault = ShardFault.poolChanged(
      expected: file.digest.hexadecimal, found: found.hexadecimal)
    // The file keeps the rules of its format: the answer is no, not that it is malformed.
    return [
      CheckFinding(
        .fault, code: fault.code, file: path, tensor: file.tensor.text, sentence: fault.sentence)
    ]
  }

  /// What a model of a bundle has of the pool, compared with `bundle.json`.
  func changes(of bundle: BundleMembership) throws(FormatError) -> [CheckFinding] {
    var findings: [CheckFinding] = []
    for position in Set(bundle.model.fileOfTensor.values).sorted() {
      let path =
        bundle.model.linkedFiles[position].map {
          "\(bundle.directory)\(bundle.model.directory)/\($0)"
        } ?? bundle.directory + bundle.manifest.pool[position].file
      findings += try changes(bundle.manifest, position, at: path)
    }
    return findings
  }
}

extension CheckReport {
  /// Adds what was found of a part; a file that has several names is counted once.
  fileprivate mutating func add(_ part: CheckReport, _ known: inout Set<FileIdentity>) {
    files += part.files.filter { path in
      FileIdentity.of(path).map { known.insert($0).inserted } ?? true
    }
    format = format ?? part.format
    findings += part.findings
    tensorCount += part.tensorCount
    byteCount.addClamped(part.byteCount)
  }
}

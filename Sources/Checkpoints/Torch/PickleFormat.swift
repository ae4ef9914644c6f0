package import TensorStorage

/// A pickle that `torch.save` did not write: arrays of numpy, or tensors that carry their storages with them.
///
/// `pickle.dump` of a state dict, Paddle's `.pdparams`. What it does not read it refuses by name.
package enum PickleFormat: CheckpointFormat {
  package static let identifier = "pickle"
  package static let hasDictionaries = true

  package static func matches(prefix: RawSpan, file: RandomAccessFile) -> Bool {
    var reader = ByteReader(prefix)
    // PROTO and a protocol that exists; before protocol 2 there is nothing to tell a pickle by.
    guard reader.byte() == 0x80, let version = reader.byte() else { return false }
    return 2...5 ~= version && !LegacyStream.begins(prefix)
      && !ForeignEncoding.isDistributedMetadata([UInt8](prefix))
  }

  package static func read(
    _ file: RandomAccessFile, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let reading = TorchReading(file: file, options: options)
    let count = file.byteCount
    guard count <= ZipLimits.pickleByteCount else {
      throw FormatError(
        file: file.path, .pickle(.tooLong(byteCount: count, limit: ZipLimits.pickleByteCount)))
    }
    let graph = try graph(try bytes(of: file), reading)
    let document = TorchDocument(
      graph: graph, storages: NoStorages(reading: reading), reading: reading,
      place: FileRange(file: file, byteOffset: 0, byteCount: count))
    var checkpoint = TorchCheckpoint(
      document: document, format: identifier, file: file, options: options)
    if graph.endOffset < count {
      checkpoint.notes.append(
        "\(count - graph.endOffset) bytes follow the pickle, and are not read")
    }
    return try checkpoint.read()
  }

  private static func graph(
    _ bytes: [UInt8], _ reading: TorchReading
  ) throws(FormatError) -> PickleGraph {
    do {
      return try PickleMachine.run(bytes, file: reading.file, policy: reading.policy)
    } catch {
      guard case .pickle(let fault) = error.fault, !fault.isSafetyRefusal,
        bytes.firstRange(of: joblibModule) != nil
      else { throw error }
      throw FormatError(file: reading.file, .foreign(.kind(.joblib)))
    }
  }

  private static let joblibModule = Array("joblib.numpy_pickle".utf8)

  private static func bytes(of file: RandomAccessFile) throws(FormatError) -> [UInt8] {
    do {
      return try file.bytes(at: 0, count: file.byteCount)
    } catch { throw FormatError(error, file: file.path) }
  }
}

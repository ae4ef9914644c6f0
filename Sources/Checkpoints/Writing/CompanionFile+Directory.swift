internal import TensorStorage

extension CompanionFile {
  /// Suffixes of files that hold tensors, or say where they are.
  private static let tensorSuffixes = [
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".npz", ".npy", ".h5", ".keras", ".msgpack",
    ".onnx", ".gguf", ".ot", ".index.json", ".distcp",
  ]

  /// Files that are written anew with every output.
  private static let ownNames = ["ligature.json", BundleManifest.fileName]

  /// What a directory with a model holds beside its tensors: `config.json`, the tokenizer's files, ….
  ///
  /// Hidden files, empty ones and directories are left out. The files are copied, whatever their size.
  public static func files(besideTensorsIn directory: String) throws(FormatError) -> [CompanionFile]
  {
    do throws(FileError) {
      guard try FileSystem.kind(of: directory) == .directory else { return [] }
      let prefix = directory.hasSuffix("/") ? directory : directory + "/"
      var files: [CompanionFile] = []
      for name in try FileSystem.names(in: directory) {
        let isTensors = tensorSuffixes.contains { name.lowercased().hasSuffix($0) }
        guard !name.hasPrefix("."), !isTensors, !ownNames.contains(name),
          case .file = try FileSystem.kind(of: prefix + name)
        else { continue }
        let file = try RandomAccessFile(path: prefix + name)
        if file.byteCount > 0 { files.append(CompanionFile(name: name, copying: file)) }
      }
      return files
    } catch {
      throw FormatError(error, file: directory)
    }
  }
}

/// What `torch.save` has written since torch 1.6, and `torch.jit.save`: a pickle and its storages in a zip
/// archive. (`torch/serialization.py`; `caffe2/serialize/inline_container.cc`.)
package enum TorchZipFormat: ZippedFormat {
  package static let identifier = "pt"
  package static let hasDictionaries = true

  /// What the listing calls an archive of `torch.jit.save`.
  static let scriptIdentifier = "torchscript"

  package static func matches(_ archive: ZipArchive) -> Bool {
    !TorchArchive.roots(of: archive).isEmpty
  }

  package static func read(
    _ archive: ZipArchive, options: ReadOptions
  ) throws(FormatError) -> Checkpoint {
    let reading = TorchReading(file: archive.file, options: options)
    let layout = try TorchArchive(archive, reading: reading)
    // torch 1.4 and 1.5 kept storages in `tensors`, if asked for this format at all.
    let document = try layout.document("data.pkl", storageFolders: ["data/", "tensors/"])
    var checkpoint = TorchCheckpoint(
      document: document, format: layout.isScript ? scriptIdentifier : identifier,
      file: archive.file, options: options, notes: layout.notes)
    if layout.isScript {
      checkpoint.isModel = true
      checkpoint.notes.append(
        "a TorchScript archive: its weights are read, its code is dropped")
      // The code calls them CONSTANTS.c0, CONSTANTS.c1, ….
      checkpoint.constants = (
        "CONSTANTS",
        try layout.document("constants.pkl", storageFolders: ["constants/", "data/"])
      )
    }
    return try checkpoint.read()
  }
}

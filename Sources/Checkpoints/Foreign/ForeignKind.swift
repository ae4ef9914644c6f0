/// Kinds of files that are met where a checkpoint was expected and are not read.
public enum ForeignKind: String, CaseIterable, Sendable {
  case tar, torchTar, nemo, gzip, bzip2, xz, zstandard, sevenZip, rar
  case hdf5, keras, gguf, ggml, onnx, tfLite, savedModel, tensorFlowCheckpoint, flax, mxnet,
    luaTorch
  case distributedMetadata, oldTorchScript, torchPackage, exportedProgram, executorch, modelArchive,
    stableBaselines, emptyZip, splitZip
  case textPickle, joblib, parquet, arrow, sqlite, pdf, image, matlab
  case elf, windowsProgram, machO, xml
}

extension ForeignKind {
  /// A name for programs.
  var code: String { "Foreign" + rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

  /// What the file is, as a noun with its article.
  var what: String { row.what }

  /// What its owner can do to get at the tensors.
  var next: String { row.next }

  private struct Row {
    var what: String
    var next: String
  }

  private var row: Row {
    packed ?? framework ?? torchRelative
      ?? Row(what: otherWhat, next: "it holds no tensors; give the checkpoint file itself")
  }

  /// Containers that have to be unpacked.
  private var packed: Row? {
    switch self {
    case .tar:
      Row(what: "a tar archive", next: "unpack it with 'tar -xf' and give the checkpoint inside")
    case .nemo:
      Row(
        what: "a NeMo model (a tar archive)",
        next: "unpack it with 'tar -xf' and give the .ckpt file or the directory inside")
    case .gzip:
      Row(what: "compressed with gzip", next: "unpack it with 'gunzip' or 'tar -xzf' first")
    case .bzip2:
      Row(what: "compressed with bzip2", next: "unpack it with 'bunzip2' or 'tar -xjf' first")
    case .xz: Row(what: "compressed with xz", next: "unpack it with 'unxz' or 'tar -xJf' first")
    case .zstandard:
      Row(what: "compressed with Zstandard", next: "unpack it with 'unzstd' first")
    case .sevenZip: Row(what: "a 7z archive", next: "unpack it with '7z x' first")
    case .rar: Row(what: "a RAR archive", next: "unpack it with 'unrar x' first")
    case .emptyZip: Row(what: "a zip archive without records", next: "download or save it again")
    case .splitZip:
      Row(what: "one part of a split zip archive", next: "join the parts with 'zip -s 0' first")
    default: nil
    }
  }

  /// Weights of other frameworks.
  private var framework: Row? {
    switch self {
    case .hdf5:
      Row(
        what: "an HDF5 file (Keras, TensorFlow)",
        next: "load it there and save the weights as .npz or safetensors")
    case .keras:
      Row(
        what: "a Keras model (HDF5 inside a zip archive)",
        next: "load it with Keras and save the weights as .npz or safetensors")
    case .gguf, .ggml:
      Row(
        what: "a \(rawValue.uppercased()) file of llama.cpp",
        next:
          "convert from the safetensors or .pt checkpoint it was made from, since its blocks of "
          + "quantised numbers have no torch dtype")
    case .onnx:
      Row(
        what: "an ONNX model",
        next:
          "save its initializers with onnx.numpy_helper as .npz, or give the torch checkpoint it "
          + "was exported from")
    case .tfLite:
      Row(what: "a TensorFlow Lite model", next: "give the checkpoint it was exported from")
    case .savedModel:
      Row(
        what: "the graph of a TensorFlow SavedModel",
        next: "load the model there and save its variables as .npz or safetensors")
    case .tensorFlowCheckpoint:
      Row(
        what: "the index of a TensorFlow checkpoint",
        next: "read it with tf.train.load_checkpoint and save the variables as .npz or safetensors")
    case .flax:
      Row(
        what: "a MessagePack file, as Flax writes",
        next: "read it with flax.serialization.msgpack_restore and save it with "
          + "safetensors.flax.save_file")
    case .mxnet:
      Row(
        what: "an MXNet parameter file", next: "load it with mxnet.nd.load and save it as .npz")
    case .luaTorch:
      Row(
        what: "a file of Lua Torch (.t7)",
        next: "load it with the Python package torchfile and save it as .npz")
    default: nil
    }
  }

  /// Files around PyTorch that are not state dicts.
  private var torchRelative: Row? {
    switch self {
    case .torchTar:
      Row(
        what: "a torch checkpoint of 2016 (a tar archive)",
        next: "load it with torch.load(path, weights_only=False) in a sandbox and save it again")
    case .distributedMetadata:
      Row(
        what: "the index of a torch.distributed checkpoint",
        next: "convert its folder with "
          + "torch.distributed.checkpoint.format_utils.dcp_to_torch_save first")
    case .oldTorchScript:
      Row(
        what: "a TorchScript archive of torch 1.0 to 1.3",
        next: "load it with torch.jit.load and save its state_dict")
    case .torchPackage:
      Row(
        what: "a torch.package archive, whose tensors need the code inside",
        next: "load it with torch.package.PackageImporter and save the model's state_dict")
    case .exportedProgram:
      Row(
        what: "an exported program (.pt2)",
        next: "load it with torch.export.load and save its state_dict")
    case .executorch:
      Row(
        what: "an ExecuTorch program (.pte)", next: "give the checkpoint it was exported from")
    case .modelArchive:
      Row(
        what: "a TorchServe model archive (.mar)",
        next: "unzip it and give the weights inside")
    case .stableBaselines:
      Row(
        what: "a Stable-Baselines3 archive",
        next: "unzip it and give policy.pth, which is a torch checkpoint")
    case .textPickle:
      Row(
        what: "a Python pickle of protocol 0 or 1, which is not read outside of torch's own files",
        next: "load it in Python, if you trust it, and save its tensors with torch.save")
    case .joblib:
      Row(
        what: "a file of joblib, whose arrays lie between the parts of its pickle",
        next: "load it with joblib.load, if you trust it, and save its arrays with numpy.savez")
    default: nil
    }
  }

  private var otherWhat: String {
    switch self {
    case .parquet: "a Parquet table"
    case .arrow: "an Arrow file"
    case .sqlite: "an SQLite database"
    case .pdf: "a PDF document"
    case .image: "an image"
    case .matlab: "a MATLAB file"
    case .elf: "a Linux program or library"
    case .windowsProgram: "a Windows program or library"
    case .machO: "a macOS program or library"
    default: "an XML document"
    }
  }
}

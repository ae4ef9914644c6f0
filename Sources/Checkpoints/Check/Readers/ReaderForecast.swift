internal import TensorStorage

/// A library that may be given the checkpoint.
package enum Reader: String, CaseIterable, Sendable {
  /// `torch.load`.
  case torch
  /// `load_file` and `load_model` of `safetensors.torch`.
  case safetensors
  /// `from_pretrained` of transformers.
  case transformers = "hf"

  /// Its function that decides.
  var call: String {
    switch self {
    case .torch: "torch.load"
    case .safetensors: "load_file"
    case .transformers: "from_pretrained"
    }
  }
}

/// What a library would do with the checkpoint.
///
/// Told from headers, indices and configurations; tables that may be tied are compared.
package struct ReaderForecast: Equatable, Sendable {
  /// The library.
  package let reader: Reader
  /// The file or directory that it is given.
  package let path: String
  /// Its functions: the first is the one that decides.
  package private(set) var calls: [Call] = []

  /// What becomes of one call.
  package struct Call: Equatable, Sendable {
    /// The call, as in `torch.load(mmap=True)`.
    package var text: String
    /// Whether it returns, and nothing is missing or made up.
    package var loads: Bool
    /// How, or why not.
    package var reason: String
  }

  init(_ reader: Reader, _ path: String) {
    self.reader = reader
    self.path = path
  }

  mutating func add(_ text: String, loads: Bool, _ reason: String) {
    calls.append(Call(text: text, loads: loads, reason: reason))
  }

  /// Whether the library loads it.
  package var loads: Bool { calls.first?.loads ?? false }
}

extension CheckpointCheck {
  /// What `reader` would do with what `path` names; of a bundle, with each of its models.
  ///
  /// - Throws: `FileError.interrupted`, or what keeps `bundle.json` from being read.
  package func forecasts(
    _ reader: Reader, of path: String
  ) throws(FormatError) -> [ReaderForecast] {
    if try CheckpointLocation.isDirectory(path), let bundle = try BundleManifest.read(in: path) {
      let root = path.hasSuffix("/") ? path : path + "/"
      return try bundle.models.map { model throws(FormatError) in
        try forecast(reader, of: root + model.directory)
      }
    }
    return [try forecast(reader, of: path)]
  }

  private func forecast(
    _ reader: Reader, of path: String
  ) throws(FormatError) -> ReaderForecast {
    do throws(FormatError) {
      return switch reader {
      case .torch: try ForecastSubject(path, options).torch()
      case .safetensors: try ForecastSubject(path, options).safetensors()
      case .transformers: try PretrainedForecast(path: path, options: options).forecast()
      }
    } catch {
      if case .file(.interrupted) = error.fault { throw error }
      var forecast = ReaderForecast(reader, path)
      forecast.add(reader.call, loads: false, error.description)
      return forecast
    }
  }
}

/// A checkpoint that libraries are given.
struct ForecastSubject {
  /// The file or directory, as the user named it.
  let path: String
  let location: CheckpointLocation
  let checkpoint: Checkpoint

  init(_ path: String, _ options: ReadOptions) throws(FormatError) {
    self.path = path
    location = try CheckpointLocation.find(path).location
    do throws(FormatError) {
      checkpoint = try Checkpoint.open(location, options: options).checkpoint
    } catch {
      // Readers of indices look for the tensors of a model, not of the index.
      guard case .shards(.missingTensors) = error.fault, case .index(let index) = location else {
        throw error
      }
      checkpoint = try ShardSet(
        path: index.path, names: index.shards, paths: location.paths, options: options
      ).merged(index: nil).checkpoint
    }
  }

  /// How many files it has; nil for one by itself.
  var shardCount: Int? {
    if case .file = location { return nil }
    return location.paths.count
  }

  /// What a reader of single files says of shards.
  func oneFile(_ function: String) -> String {
    "\(function) reads one file, and this is an index with \(location.paths.count) of them; 'ligature convert' "
      + "makes them one"
  }

  /// Up to three names, and how many more there are.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).map { "'\(escaped($0))'" }.joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}

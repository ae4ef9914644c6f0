/// The parts of a bundle that was checked.
package struct CheckedBundle: Sendable {
  /// Its directory, which ends in a slash.
  package let directory: String
  /// What `bundle.json` says.
  package let manifest: BundleManifest
  /// The models, in its order.
  package var models: [Model]
  /// For each file of the pool the names of the models that have it.
  package let sharers: [[String]]

  /// A model.
  package struct Model: Sendable {
    /// Its name.
    package let name: String
    /// The file that leads to its tensors; nil if it could not be read.
    package var index: String?
    /// Its tensors, shared ones too.
    package var tensorCount = 0
    /// Their bytes.
    package var byteCount = 0
  }

  init(directory: String, manifest: BundleManifest) {
    self.directory = directory
    self.manifest = manifest
    models = manifest.models.map { Model(name: $0.name) }
    sharers = manifest.modelsOfFiles.map { $0.map { manifest.models[$0].name } }
  }
}

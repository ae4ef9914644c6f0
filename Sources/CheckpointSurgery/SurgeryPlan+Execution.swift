public import Checkpoints
internal import TransformerGraph

extension SurgeryPlan {
  /// What writing the one model of this plan means; its configuration goes beside it.
  ///
  /// - Parameters:
  ///   - destination: A file, or a directory if it ends in `/`, is one, or the output is sharded.
  ///   - options: What to change on the way.
  /// - Returns: The plan of the files.
  /// - Throws: `format` with what planning throws.
  /// - Precondition: The plan is of one model.
  public func writePlan(
    to destination: String, options: ConversionOptions = ConversionOptions()
  ) throws(SurgeryError) -> WritePlan {
    precondition(after.count == 1, "several models have a layout of their own")
    var options = options
    options.alignsDataToSource = true
    options.companions.append(after[0].configurationFile)
    do { return try after[0].checkpoint.plan(writingTo: destination, options: options) } catch {
      throw .format(error)
    }
  }
}

extension SurgeryModel {
  /// The configuration as the file that is written beside the tensors; it lists what is frozen.
  public var configurationFile: CompanionFile {
    var configuration = configuration
    configuration.frozen = checkpoint.entries.compactMap { entry in
      guard entry.role == .parameter(requiresGrad: false), entry.name.text.hasPrefix(prefix) else {
        return nil
      }
      return String(entry.name.text.dropFirst(prefix.count))
    }
    return CompanionFile(
      name: "ligature.json", bytes: configuration.json(), sourcePath: paths.configuration)
  }
}

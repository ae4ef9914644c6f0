package import Checkpoints
internal import TensorStorage
internal import TransformerGraph

extension RecipePlan {
  /// What `surgery.lock.json` says: what was read, by its content, and what was done with it.
  ///
  /// The same recipe, inputs and release of the tool give the same bytes.
  ///
  /// - Parameters:
  ///   - tool: The tool and its version.
  ///   - proofs: What was verified.
  ///   - limits: What reading the models may use.
  ///   - observer: Is told how far that is.
  /// - Returns: The file that goes with each output.
  /// - Throws: `format` where the models or files cannot be read.
  package func lock(
    tool: String, proofs: JSONValue, limits: WorkLimits, observer: WorkObserver
  ) throws(SurgeryError) -> CompanionFile {
    var models: [JSONValue.Member] = []
    for (model, source) in zip(recipe.models, sources) {
      do {
        let listing = try DigestListing(of: source, limits: limits, observer: observer)
        models.append(.init(model.name, .object(self.input(model, listing.checkpoint))))
      } catch { throw .format(error) }
    }
    let members: [JSONValue.Member] = [
      .init("surgery", .int(Recipe.version)), .init("tool", .string(tool)),
      .init("models", .object(models)), .init("files", .object(try files())),
      .init("steps", .array(steps)), .init("output", .object(recipe.outputMembers)),
      .init("parameters", .object(try counts())),
      .init("verification", proofs),
    ]
    return CompanionFile(
      name: "surgery.lock.json",
      bytes: JSONValue.object(members).renderedBytes(.pretty) + [UInt8(ascii: "\n")])
  }

  /// A model as it was read: its content's digest is the one that `ligature hash` prints.
  private func input(_ model: Recipe.Model, _ digest: ContentDigest) -> [JSONValue.Member] {
    let position = recipe.models.firstIndex { $0.name == model.name } ?? 0
    let configuration = surgery.before[position].configuration.json()
    return Recipe.Model.parameters.members(of: model) + [
      .init("sha256", .string(digest.hexadecimal)),
      .init("configuration", .string(ContentDigest.ofBytes(configuration).hexadecimal)),
    ]
  }

  /// Files that steps read.
  private func files() throws(SurgeryError) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for path in recipe.steps.flatMap(\.operation.filePaths) {
      do throws(FileError) {
        let file = try RandomAccessFile(path: path)
        let digest = ContentDigest.ofBytes(try file.bytes(at: 0, count: file.byteCount))
        members.append(.init(path, .string(digest.hexadecimal)))
      } catch { throw .format(FormatError(error, file: path)) }
    }
    return members
  }

  private var steps: [JSONValue] {
    zip(recipe.steps, surgery.steps).map { step, done in
      let facts = JSONValue.Member("facts", .array(done.facts.map { .string($0) }))
      let scores = JSONValue.Member(
        "scores", .object(done.scores.map { .init($0.name, .double($0.value)) }))
      return .object(
        [step.member(among: recipe.models), facts] + (done.scores.isEmpty ? [] : [scores]))
    }
  }

  private func counts() throws(SurgeryError) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for (name, position) in written {
      let (before, after) = (surgery.before[position], surgery.after[position])
      members.append(
        .init(
          name,
          [
            "before": .int(try before.parameterCount), "after": .int(try after.parameterCount),
            "trainable": .int(try after.trainableCount),
          ]))
    }
    return members
  }
}

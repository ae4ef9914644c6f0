internal import ArgumentParser
internal import CheckpointSurgery
internal import Checkpoints

/// `ligature tie`.
struct TieCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "tie",
    abstract: "Make input table and head of a model one tensor, or the tables of several models.",
    discussion: """
      Of one model: nothing is lost where to_logits.weight = scale · token_emb holds, with the scale of the model's \
      release, or from 2.30.5 on with any, which becomes tie_embedding_scale. An XTransformer's two tables become one \
      (tie_token_emb).

      Of several, each given as PATH or NAME=PATH: one table is stored for all of them. A directory gets the pool, each \
      model's own files with an index that other libraries follow, and bundle.json; a .pt has one storage under several \
      names; a .safetensors one copy and a note for each other name. Directories of Hugging Face models are tied by their \
      embedding's name (--tensor), their other files copied.

      Tables that differ, in width too, can be products of one (--policy joint): the shared table has --rank columns, and each \
      model a project_emb that makes its own rows of it. Without --rank nothing is lost but rounding.

      Tables that differ are refused with the measured facts; --policy chooses what is lost.

        ligature tie untied.pt -o tied.pt --verify
        ligature tie model.safetensors -o tied.safetensors --policy mean
        ligature tie en=english.pt de=german.pt -o bundle/
        ligature tie en=english.pt de=german.pt -o bundle/ --policy joint --rank 512
        ligature tie llama-a/ llama-b/ -o pair/ --policy weighted --weight llama-a=3
      """)

  @Argument(
    help: ArgumentHelp(
      "One model, or several as PATH or NAME=PATH.", valueName: "source"), completion: .file())
  var sources: [String]

  @OptionGroup(title: "Tying") var tying: TyingOptions

  @Option(
    help: ArgumentHelp(
      "The width of the table of --policy lowrank (default: the model's) or joint (default: all, which loses nothing).",
      valueName: "count"))
  var rank: Int?

  @OptionGroup(title: "Several models") var bundle: BundleOptions
  @OptionGroup var options: SurgeryOptions

  var answer: AnswerOptions { options.answer }

  func validate() throws {
    guard sources.count == 1 || options.model.config == nil else {
      throw ValidationError(
        "--config is for one model; put NAME.ligature.json beside each of several")
    }
    guard sources.count == 1 || tying.tolerance == 0 else {
      throw ValidationError("--tolerance is for one model")
    }
  }

  func run(on console: Console) throws -> ExitStatus {
    if sources.count > 1 { return try BundleRun(command: self).run(on: console) }
    let model = try options.open(sources[0], on: console)
    var request = tying.request
    request.rank = rank
    return try options.run(request, on: model, console)
  }
}

package import Checkpoints
internal import TensorStorage

/// Several steps on named models, as one value: what `ligature apply` carries out.
///
/// A file of YAML, or of JSON:
///
/// ```yaml
/// surgery: 1
/// models:
///   mt: {path: mt.pt, set: [x_transformers=2.30.4]}
///   lm: lm.safetensors
/// steps:
///   - untie: {model: lm}
///   - resize: {model: mt, pad-to-multiple: 64}
///   - cast: {model: mt, dtype: bf16}
/// output:
///   mt: out/mt.safetensors
///   lm: {path: out/lm.pt, aliases: copy}
/// expect:
///   parameters: {mt: 31000000}
///   max-logit-difference: 1.0e-4
/// ```
public struct Recipe: Sendable {
  /// A model that steps work on.
  package struct Model: Sendable {
    /// Its name in the recipe.
    package var name = ""
    /// Its checkpoint.
    package var path = ""
    /// Its configuration; nil for the one beside it, or an inferred one.
    package var config: String?
    /// Values of the configuration, as `attn_layers.heads=8`.
    package var set: [String] = []
    /// How the file is read.
    package var reading = ReadOptions()
    /// Whether what it shares with other models of its bundle may change for it alone.
    package var isDetached = false

    /// A model without a name.
    package init() {}
  }

  /// One operation on one model or on several.
  package struct Step: Sendable {
    /// What is done.
    package var operation: any DescribedOperation
    /// The names of the models.
    package var models: [String]

    /// An operation on the models of these names.
    package init(operation: any DescribedOperation, models: [String]) {
      self.operation = operation
      self.models = models
    }
  }

  /// A model that is written.
  package struct Output: Sendable {
    /// Its name.
    package var model: String
    /// Where.
    package var path: String
    /// What is changed on the way.
    package var options: ConversionOptions

    /// The model of that name, written to a path.
    package init(model: String, path: String, options: ConversionOptions = ConversionOptions()) {
      self.model = model
      self.path = path
      self.options = options
    }
  }

  /// Models that are written together, what they share once.
  package struct BundleOutput: Sendable {
    /// The directory.
    package var path = ""
    /// The models' names.
    package var models: [String] = []
    /// How a model's directory gets at the pool; nil for the usual way.
    package var link: BundleLink?
    /// Models whose training leaves the shared tensors as they are.
    package var frozen: [String] = []
    /// What is changed on the way.
    package var options = ConversionOptions()

    /// A bundle without a place.
    package init() {}
  }

  /// What must hold of the models afterwards, by their names; "" for each of them.
  package struct Expectations: Sendable {
    /// How many parameters there are.
    package var parameters: [String: Int] = [:]
    /// How many of them training changes.
    package var trainable: [String: Int] = [:]
    /// The largest difference of two logits, before and after.
    package var logitDifference: [String: Double] = [:]
    /// The least value of each score that a step tells, by its name.
    package var scores: [String: Double] = [:]

    /// Whether anything is expected.
    package var isEmpty: Bool {
      parameters.isEmpty && trainable.isEmpty && logitDifference.isEmpty && scores.isEmpty
    }
  }

  /// The file that it was read from, for messages.
  package var file = "the recipe"
  /// The models.
  package var models: [Model] = []
  /// The steps, in order.
  package var steps: [Step] = []
  /// What is written.
  package var outputs: [Output] = []
  /// What is written together.
  package var bundle: BundleOutput?
  /// What must hold.
  package var expectations = Expectations()

  /// The names of the models that are written.
  package var writtenModels: [String] {
    let names = outputs.map(\.model)
    return names + (bundle?.models ?? []).filter { !names.contains($0) }
  }

  /// A recipe without anything yet.
  package init() {}

  /// Reads a recipe.
  ///
  /// - Throws: `recipe` with the line of what is wrong, `format` where the file cannot be read.
  public init(contentsOf path: String) throws(SurgeryError) {
    let bytes: [UInt8]
    do {
      let file = try RandomAccessFile(path: path)
      guard file.byteCount <= RecipeText.largestByteCount else {
        throw RecipeFault(
          line: 1,
          reason:
            "the file has \(file.byteCount) bytes; a recipe has \(RecipeText.largestByteCount) "
            + "at most")
      }
      bytes = try file.bytes(at: 0, count: file.byteCount)
    } catch let error as RecipeFault {
      throw .recipe(file: path, line: error.line, reason: error.reason)
    } catch let error as FileError {
      throw .format(FormatError(error, file: path))
    } catch {
      throw .recipe(file: path, line: 1, reason: "\(error)")
    }
    try self.init(bytes, file: path)
  }

  /// Reads the text of a recipe; `file` names it in messages.
  public init(_ bytes: [UInt8], file: String) throws(SurgeryError) {
    self.file = file
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .recipe(file: file, line: 1, reason: "the file is not UTF-8 text")
    }
    do { try read(RecipeText.parse(text)) } catch {
      throw .recipe(file: file, line: error.line, reason: error.reason)
    }
  }
}

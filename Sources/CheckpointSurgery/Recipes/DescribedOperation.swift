package import Checkpoints
internal import TransformerGraph

/// An operation that is data too: recipes name it, `--save-recipe` writes it, `surgery.lock.json` records it.
///
/// One list of parameters says everything; an operation becomes a step of recipes by that list and a line in
/// `RecipeOperations`.
package protocol DescribedOperation: SurgeryOperation {
  /// The operation with every parameter at its default.
  static var standard: Self { get }
  /// The key of a step that names its model.
  static var modelKey: String { get }
  /// The parameter that may name a second model, which the operation only reads.
  static var donorKey: String? { get }
  /// Files that it was made from, besides models.
  var filePaths: [String] { get }
  /// Its parameters, in the order in which they are written.
  static var parameters: [RecipeParameter<Self>] { get }
}

extension DescribedOperation {
  /// `model`; a step of several has `models`.
  package static var modelKey: String { "model" }

  /// None.
  package static var donorKey: String? { nil }

  /// No file.
  package var filePaths: [String] { [] }

  /// What a recipe's step says of it: the parameters that differ from their defaults.
  package var members: [JSONValue.Member] { Self.parameters.members(of: self) }

  /// The operation of a step's members.
  static func read(
    _ members: [(key: String, value: RecipeNode)]
  ) throws(RecipeFault) -> any DescribedOperation {
    var operation = standard
    try parameters.read(members, into: &operation)
    return operation
  }

  static var parameterNames: [String] { parameters.map(\.name) }
}

/// The operations that a recipe's steps name.
enum RecipeOperations {
  static let all: [any DescribedOperation.Type] = [
    Untie.self, TieRequest.self, TransplantRequest.self, Resize.self, Freeze.self, Migrate.self,
  ]

  /// The operation of that verb.
  static func named(_ verb: String) -> (any DescribedOperation.Type)? {
    all.first { $0.verb == verb }
  }
}

// MARK: - The operations

extension Untie: DescribedOperation {
  package static let standard = Untie()
  package static let parameters: [RecipeParameter<Untie>] = [
    .words("names", \.names, "a glob", { NamePattern($0) }, text: \.text)
  ]
}

extension Freeze: DescribedOperation {
  package static let standard = Freeze(names: [])
  package static let parameters: [RecipeParameter<Freeze>] = [
    .words("names", \.names, "a glob", { NamePattern($0) }, text: \.text),
    .words("unfreeze", \.exceptions, "a glob", { NamePattern($0) }, text: \.text),
  ]
}

extension Migrate: DescribedOperation {
  package static let standard = Migrate(to: .newest)
  package static let parameters: [RecipeParameter<Migrate>] = [
    RecipeParameter(name: "to") { node, migrate throws(RecipeFault) in
      // YAML reads 2.31 as a number: the release is the text that stands there.
      guard let text = node.text else { throw node.wrong("to", "a release of x-transformers") }
      do throws(GraphError) { migrate.release = try Dialect(version: text) } catch {
        throw node.fault(error.description)
      }
    } write: { migrate in
      // Always written: the newest release is another one next year.
      .string(migrate.release.description)
    }
  ]
}

extension Resize: DescribedOperation {
  package static let standard = Resize()

  package var filePaths: [String] {
    switch selection {
    case .all: []
    case .permuted(let list), .kept(let list): [list.path]
    }
  }

  package static let parameters: [RecipeParameter<Resize>] = [
    .count("tokens", \.tokenCount),
    .count("pad-to-multiple", \.multiple),
    .tokenList("permute", Selection.permuted) {
      if case .permuted(let list) = $0 { list } else { nil }
    },
    .tokenList("keep-tokens", Selection.kept) {
      if case .kept(let list) = $0 { list } else { nil }
    },
    .count("max-seq-len", \.positionCount),
    RecipeParameter(name: "new-rows") { node, resize throws(RecipeFault) in
      guard let rows = node.text.flatMap({ NewRows($0) }) else {
        throw node.wrong("new-rows", "mean, normal, normal:FACTOR, zero or copy:ID")
      }
      resize.newRows = rows
    } write: {
      $0.newRows == .mean ? nil : .string($0.newRows.text)
    },
    .seed("seed", \.seed),
    .text("at", \.place),
  ]
}

extension RecipeParameter<Resize> {
  /// A file of token ids.
  fileprivate static func tokenList(
    _ name: String, _ selection: @escaping @Sendable (TokenIDList) -> Resize.Selection,
    _ list: @escaping @Sendable (Resize.Selection) -> TokenIDList?
  ) -> RecipeParameter {
    RecipeParameter(name: name) { node, resize throws(RecipeFault) in
      guard let path = node.text else { throw node.wrong(name, "the path of a file of token ids") }
      guard resize.selection == .all else {
        throw node.fault("permute has all tokens and keep-tokens some: give one of them")
      }
      do throws(SurgeryError) {
        resize.selection = selection(try TokenIDList(contentsOf: path))
      } catch {
        throw node.fault(error.description)
      }
    } write: { resize in
      list(resize.selection).map { .string($0.path) }
    }
  }
}

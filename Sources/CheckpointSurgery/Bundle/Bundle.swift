public import Checkpoints
internal import TensorStorage
public import TransformerGraph

/// Several models, and the tensors that they share.
///
/// Sharing is identity: what is one `LazyTensor` in two models is stored once.
public struct Bundle: Sendable {
  /// A model of a bundle.
  public struct Member: Sendable {
    /// Its name: that of its directory, or what stands before its tensors' names.
    public var name: String
    /// Its tensors.
    public var checkpoint: Checkpoint
    /// What it was made by, if it is a model of x-transformers.
    public var configuration: ModelConfiguration?
    /// What stands before the configuration's paths in the tensors' names.
    public var prefix: String
    /// Small files that go with it: its configuration, its vocabulary.
    public var companions: [CompanionFile]
    /// The weight of its table where tables are averaged.
    public var embeddingWeight: Double
    /// Whether its training is to leave the shared tensors as they are.
    public var isFrozen: Bool

    /// A model of any kind.
    public init(name: String, checkpoint: Checkpoint, companions: [CompanionFile] = []) {
      self.name = name
      self.checkpoint = checkpoint
      self.companions = companions
      prefix = ""
      embeddingWeight = 1
      isFrozen = false
    }

    /// A model of x-transformers, with its configuration and other files that go with it.
    public init(_ model: SurgeryModel, companions: [CompanionFile] = []) {
      self.init(
        name: model.name, checkpoint: model.checkpoint,
        companions: [model.configurationFile] + companions)
      configuration = model.configuration
      prefix = model.prefix
    }
  }

  /// The models, each under a name of its own.
  public var members: [Member]

  /// A bundle of these models.
  ///
  /// - Throws: `bundle` where names are missing, taken twice, or cannot be names of directories.
  public init(_ members: [Member]) throws(SurgeryError) {
    var names: Set<String> = []
    for member in members {
      guard Self.isName(member.name) else { throw .bundle(.invalidName(member.name)) }
      guard names.insert(member.name).inserted else { throw .bundle(.nameTwice(member.name)) }
    }
    self.members = members
  }

  /// The directory of the pool; no model may have its name.
  static let poolDirectory = "shared"

  private static func isName(_ name: String) -> Bool {
    name != poolDirectory && !name.hasPrefix(".") && !name.isEmpty
      && name.utf8.allSatisfy { byte in
        byte > 0x20 && byte != 0x7F && !"/\\:=".utf8.contains(byte)
      }
  }
}

extension Bundle {
  /// A tensor that several members have.
  struct SharedTensor {
    /// The tensor.
    var tensor: LazyTensor
    /// Its name in each member that has it; where it has several there, the one that is stored.
    var names: [Int: TensorName]
    /// The name that it is stored under: that of the first member.
    var storedName: TensorName
  }

  /// The tensors that at least two members have, in the first one's order.
  var sharedTensors: [SharedTensor] {
    var places: [ObjectIdentifier: [(member: Int, entry: Int)]] = [:]
    for (member, model) in members.enumerated() {
      for (entry, found) in model.checkpoint.entries.enumerated()
      where !found.tensor.storageRange.isEmpty {
        places[ObjectIdentifier(found.tensor.storage), default: []].append((member, entry))
      }
    }
    var shared: [SharedTensor] = []
    for (member, model) in members.enumerated() {
      for entry in model.checkpoint.entries {
        let known = shared.contains { $0.tensor.isSameView(as: entry.tensor) }
        guard !known, let all = places[ObjectIdentifier(entry.tensor.storage)] else { continue }
        var names: [Int: TensorName] = [:]
        for place in all {
          let other = members[place.member].checkpoint.entries[place.entry]
          guard other.tensor.isSameView(as: entry.tensor) else { continue }
          // What `SharedViews.kept` writes: the first name.
          names[place.member] = names[place.member].map { min($0, other.name) } ?? other.name
        }
        guard names.count > 1, let name = names[member] else { continue }
        shared.append(SharedTensor(tensor: entry.tensor, names: names, storedName: name))
      }
    }
    return shared
  }
}

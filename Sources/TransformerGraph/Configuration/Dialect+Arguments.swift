extension Dialect {
  /// Whether a constructor of this release takes an argument.
  ///
  /// Arguments of the layers are asked for with their prefixes, as `attn_flash` of `Decoder`.
  public func knows(_ argument: String, of className: String) -> Bool {
    let (group, name) = Signatures.group(of: argument, in: className)
    if let first = Signatures.firstRelease(of: name, in: group), self < first { return false }
    guard let rows = Signatures.rows(of: group, in: self) else { return false }
    return rows.contains { $0.name == name }
  }

  /// Whether an argument matters in training only.
  public func isForTraining(_ argument: String, of className: String) -> Bool {
    let (group, name) = Signatures.group(of: argument, in: className)
    let rows = Signatures.rows(of: group, in: self) ?? Signatures.rows(of: group, in: .newest)
    return rows?.first { $0.name == name }.map { $0.effect == .training } ?? false
  }

  /// What an argument is where it is not given; nil if the release does not know it.
  public func defaultValue(of argument: String, in className: String) -> ArgumentValue? {
    let (group, name) = Signatures.group(of: argument, in: className)
    return Signatures.rows(of: group, in: self)?.first { $0.name == name }?.defaultArgument
  }
}

extension Signatures {
  /// The signature that an argument of a class belongs to, and its name there.
  fileprivate static func group(
    of argument: String, in className: String
  ) -> (group: String, name: String) {
    guard newest(className)?.contains(where: { $0.name == "cross_attend" }) ?? false else {
      return (className, argument)
    }
    if newest(className)?.contains(where: { $0.name == argument }) ?? false {
      return ("AttentionLayers", argument)
    }
    let groups = [
      ("cross_attn_", "Attention"), ("attn_", "Attention"), ("ff_", "FeedForward"),
    ]
    for (prefix, group) in groups where argument.hasPrefix(prefix) {
      return (group, String(argument.dropFirst(prefix.count)))
    }
    return ("AttentionLayers", argument)
  }

  /// The rows of a group in a release.
  fileprivate static func rows(
    of group: String, in dialect: Dialect
  ) -> [ArgumentSpecification]? {
    switch group {
    case "Attention": rows(attention, of: group, in: dialect)
    case "FeedForward": feedForward
    default: of(group, in: dialect)
    }
  }
}

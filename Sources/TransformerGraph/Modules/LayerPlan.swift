/// Which sub-layers a stack has, and in which order they run: the arithmetic of the constructor.
struct LayerPlan {
  /// The kinds of sub-layers, as x-transformers writes them.
  enum Kind: Character { case attention = "a", cross = "c", feedForward = "f" }

  var kinds: [Kind]
  var executionOrder: [Int]
  var depth: Int
  /// Sub-layers of one block, where the order is the default one; else 1.
  var blockLength: Int

  /// Reads `depth`, `custom_layers`, `sandwich_coef`, `par_ratio`, `weight_tie_layers` and the like.
  init(_ arguments: Arguments, isCrossAttender: Bool) throws(GraphError) {
    let block = try Self.block(arguments, isCrossAttender: isCrossAttender)
    let isTied = try arguments.bool("weight_tie_layers")
    let given = try arguments.optionalInt("depth")
    if let given, !(1...Self.largestDepth).contains(given) {
      throw .impossible(
        path: arguments.path, reason: "depth must be within 1 and \(Self.largestDepth)")
    }
    var order = try arguments.ints("layers_execute_order")
    try Self.checkOrder(arguments, hasOrder: order != nil, isTied: isTied)
    var blockDepth = given
    if isTied {
      guard let given, order == nil else {
        throw .impossible(
          path: arguments.path,
          reason: "weight_tie_layers needs a depth and no layers_execute_order")
      }
      order = (0..<given).flatMap { _ in block.indices }
      blockDepth = 1
    }
    (kinds, blockLength) = try Self.kinds(arguments, block: block, depth: blockDepth)
    executionOrder = order ?? Array(kinds.indices)
    guard max(kinds.count, executionOrder.count) <= Self.largestCount else {
      throw .impossible(
        path: arguments.path, reason: "the stack has more than \(Self.largestCount) sub-layers")
    }
    depth = given ?? executionOrder.count
    if isTied { depth = 1 }
    let count = kinds.count
    guard executionOrder.allSatisfy({ (0..<count).contains($0) }) else {
      throw .impossible(
        path: arguments.path,
        reason: "layers_execute_order names a layer beyond the \(count) there are")
    }
  }

  /// Combinations that x-transformers refuses.
  private static func checkOrder(
    _ arguments: Arguments, hasOrder: Bool, isTied: Bool
  ) throws(GraphError) {
    let isCustom = arguments.has("custom_layers")
    let isArranged = isCustom || arguments.has("par_ratio") || arguments.has("sandwich_coef")
    guard !(isTied && isArranged) else {
      throw .impossible(
        path: arguments.path,
        reason: "weight_tie_layers excludes custom_layers, par_ratio and sandwich_coef")
    }
    guard !(hasOrder && isCustom && arguments.has("depth")) else {
      throw .impossible(
        path: arguments.path,
        reason: "custom_layers with layers_execute_order excludes a depth")
    }
    let skips = try arguments.bool("unet_skips")
    if try arguments.bool("only_attn"), hasOrder || skips {
      throw .impossible(
        path: arguments.path, reason: "only_attn excludes layers_execute_order and unet_skips")
    }
  }

  private static func block(
    _ arguments: Arguments, isCrossAttender: Bool
  ) throws(GraphError) -> [Kind] {
    let attendsCross = try isCrossAttender ? true : arguments.bool("cross_attend")
    let onlyCross = try isCrossAttender ? true : arguments.bool("only_cross")
    var block: [Kind] = [.attention, .feedForward]
    if attendsCross {
      block = onlyCross ? [.cross, .feedForward] : [.attention, .cross, .feedForward]
    }
    if try arguments.bool("macaron") { block.insert(.feedForward, at: 0) }
    if try arguments.bool("only_attn") { block.removeAll { $0 == .feedForward } }
    return block
  }

  private static func kinds(
    _ arguments: Arguments, block: [Kind], depth: Int?
  ) throws(GraphError) -> ([Kind], blockLength: Int) {
    if let custom = try custom(arguments) {
      if custom.contains(.feedForward), try arguments.bool("only_attn") {
        throw .impossible(
          path: arguments.path, reason: "only_attn excludes the \"f\" in custom_layers")
      }
      return (custom, 1)
    }
    guard let depth else {
      throw .missingArgument(
        path: arguments.path, className: arguments.className, name: "depth", hint: nil)
    }
    let dropsFeedForward = try arguments.bool("only_attn")
    func filtered(_ kinds: [Kind]) -> [Kind] {
      dropsFeedForward ? kinds.filter { $0 != .feedForward } : kinds
    }
    if let ratio = try arguments.optionalInt("par_ratio") {
      return (filtered(try parallel(arguments, block: block, depth: depth, ratio: ratio)), 1)
    }
    if let coefficient = try arguments.optionalInt("sandwich_coef") {
      guard (1...depth).contains(coefficient) else {
        throw .impossible(
          path: arguments.path, reason: "sandwich_coef must be within 1 and the depth")
      }
      let middle = (0..<(depth - coefficient)).flatMap { _ in block }
      let kinds =
        Array(repeating: Kind.attention, count: coefficient) + middle
        + Array(repeating: Kind.feedForward, count: coefficient)
      return (filtered(kinds), 1)
    }
    return ((0..<depth).flatMap { _ in block }, block.count)
  }

  private static func custom(_ arguments: Arguments) throws(GraphError) -> [Kind]? {
    let texts: [String]
    switch arguments.value("custom_layers") {
    case .none: return nil
    case .text(let text): texts = text.map { String($0) }
    case .list(let items):
      texts = items.map { item in
        if case .text(let text) = item { return text }
        return ""
      }
    default: throw arguments.wrongKind("custom_layers", "an array of \"a\", \"c\" and \"f\"")
    }
    var kinds: [Kind] = []
    for text in texts {
      guard text.count == 1, let character = text.first, let kind = Kind(rawValue: character) else {
        throw arguments.wrongKind("custom_layers", "an array of \"a\", \"c\" and \"f\"")
      }
      kinds.append(kind)
    }
    return kinds
  }

  /// The PAR transformer's order (arXiv 2009.04534), as x-transformers computes it.
  private static func parallel(
    _ arguments: Arguments, block: [Kind], depth: Int, ratio: Int
  ) throws(GraphError) -> [Kind] {
    let total = depth * block.count
    guard ratio > 1, ratio <= total else {
      throw .impossible(path: arguments.path, reason: "par_ratio is out of range")
    }
    let attention = block.filter { $0 != .feedForward }
    let count = total / ratio
    let cut = total * 2 / 3
    let width = (cut + cut / count) / count
    guard attention.count <= width else {
      throw .impossible(path: arguments.path, reason: "the block is too large for par_ratio")
    }
    let unit = attention + Array(repeating: .feedForward, count: width - attention.count)
    let head = (0..<count).flatMap { _ in unit }
    return head + Array(repeating: .feedForward, count: max(0, total - head.count))
  }

  // A configuration must not be able to ask for more modules than a machine can hold.
  private static let largestDepth = 4096
  /// A block has at most four sub-layers.
  private static let largestCount = 4 * largestDepth
}

internal import TensorStorage

/// A call that makes a tensor: which, and with what.
///
/// It is never made; its arguments are read.
struct TensorCall {
  let meaning: TorchGlobal
  /// The function's name, for errors.
  let name: String
  let arguments: [TorchValue]
  /// What was given to `__setstate__` last.
  let state: TorchValue?
  let reading: TorchReading

  /// The call that `value` is; nil if it is something else.
  ///
  /// More arguments than any call of torch has are none.
  init?(_ value: TorchValue) {
    let graph = value.document.graph
    guard let callee = graph.callee(value.id) else { return nil }
    meaning = value.document.meaning(ofCallee: callee)
    name = value.sibling(callee).global?.name ?? "a call"
    arguments = value.arguments ?? []
    state = graph.lastState(value.id).map(value.sibling)
    reading = value.document.reading
  }

  /// The call of `function` with `arguments`, as `_rebuild_from_type_v2` makes it.
  init(function: TorchValue, arguments: [TorchValue]) {
    meaning = function.document.meaning(ofCallee: function.id)
    name = function.global?.name ?? "a call"
    self.arguments = arguments
    state = nil
    reading = function.document.reading
  }

  func error(needed: String) -> FormatError {
    reading.error(.arguments(of: name, needed: needed))
  }

  func argument(_ position: Int, _ needed: String) throws(FormatError) -> TorchValue {
    guard arguments.indices.contains(position) else { throw error(needed: needed) }
    return arguments[position]
  }

  func int(_ position: Int, _ needed: String) throws(FormatError) -> Int {
    guard let value = try argument(position, needed).int else { throw error(needed: needed) }
    return value
  }

  func integers(_ position: Int, _ needed: String) throws(FormatError) -> [Int] {
    let value = try argument(position, needed)
    if let integers = value.integers {
      // A pickle can give one long shape to a hundred thousand tensors.
      reading.examinedValueCount += integers.count
      try reading.checkEffort()
      return integers
    }
    let list = value.meaning == .size ? value.arguments?.first ?? value : value
    let count = list.document.graph.count(list.id)
    guard count > TorchLimits.rank else { throw error(needed: needed) }
    throw reading.error(.rank(count, limit: TorchLimits.rank))
  }

  func dtype(_ position: Int) throws(FormatError) -> DType {
    let value = try argument(position, "a dtype")
    guard let dtype = value.dtype else {
      guard let global = value.global else { throw error(needed: "a dtype") }
      throw reading.error(.unknownDType("\(global.module).\(global.name)"))
    }
    return dtype
  }

  /// Whether a flag is set; absent and None are no.
  func flag(_ position: Int, _ needed: String) throws(FormatError) -> Bool {
    guard arguments.indices.contains(position), !arguments[position].isNone else { return false }
    guard let value = arguments[position].bool else { throw error(needed: needed) }
    return value
  }

  /// Offset, sizes and strides, which stand in this order from `position` on.
  func geometry(at position: Int) throws(FormatError) -> TensorGeometry {
    TensorGeometry(
      offset: try int(position, "an offset as integer"),
      shape: try integers(position + 1, "sizes as integers"),
      strides: try integers(position + 2, "strides as integers"))
  }
}

internal import TensorStorage

/// A call that makes a tensor: which, and with what.
///
/// It is never made; its arguments are read.
struct TensorCall {
  let meaning: TorchGlobal
  /// The function's name, for errors.
  let name: String
  let arguments: [TorchValue]
  /// What was given to `__setstate__`.
  let states: [TorchValue]
  let reading: TorchReading

  init(_ object: PickleGraph.Object, of value: TorchValue) {
    meaning = value.document.meaning(ofCallee: object.callee)
    name = value.sibling(object.callee).global?.name ?? "a call"
    arguments = value.sibling(object.arguments).tuple ?? []
    states = object.states.map(value.sibling)
    reading = value.document.reading
  }

  /// The call of `function` with `arguments`, as `_rebuild_from_type_v2` makes it.
  init(function: TorchValue, arguments: [TorchValue]) {
    meaning = function.document.meaning(ofCallee: function.id)
    name = function.global?.name ?? "a call"
    self.arguments = arguments
    states = []
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
    guard let value = try argument(position, needed).integers else { throw error(needed: needed) }
    return value
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

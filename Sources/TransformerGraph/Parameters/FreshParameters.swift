internal import Checkpoints
internal import TensorStorage

/// Gives each parameter its initial distribution, computed when it is read.
final class FreshParameters: ParameterSource {
  /// The slots in the order in which the graph asked for them.
  private(set) var slots: [Slot] = []

  /// The first parameter whose size overflows, if there is one.
  private(set) var impossiblePath: String?

  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  func has(_ path: String, isDefault: Bool) -> Bool { isDefault }
  func hasAny(below path: String) -> Bool { false }

  func parameter(
    at path: String, shape: [Int], initialValues: InitialValues, isBuffer: Bool
  ) -> Parameter {
    // Each parameter has a stream of its own, so that a model does not change when a layer is added.
    let source = InitialBytes(
      initialValues, elementCount: Layout.elementCount(of: shape) ?? 0,
      stream: RandomStream(seed: seed, name: path))
    let tensor = LazyTensor(dtype: .f32, shape: shape, storage: Storage(source))
    if tensor == nil { impossiblePath = impossiblePath ?? path }
    let parameter = Parameter(tensor: tensor ?? .nothing, isBuffer: isBuffer)
    slots.append(
      Slot(path: path, shape: shape, parameter: parameter, state: .bound, sharesEarlier: false))
    return parameter
  }

  func share(_ parameter: Parameter, at path: String) {
    slots.append(
      Slot(
        path: path, shape: parameter.shape, parameter: parameter, state: .bound, sharesEarlier: true
      ))
  }
}

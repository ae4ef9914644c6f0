internal import TensorStorage

extension Checkpoint {
  /// The same with the values rounded that the dtypes of `options` are for, as writing rounds them.
  ///
  /// A model with these tensors is the one that a reader of the output gets.
  package func cast(by options: ConversionOptions) throws(FormatError) -> Checkpoint {
    guard options.dtype != nil || !options.keptDTypes.isEmpty else { return self }
    var casts = ConversionOptions()
    casts.dtype = options.dtype
    casts.keptDTypes = options.keptDTypes
    let conversion = try Conversion(
      of: self, options: casts, format: options.format ?? .safetensors)
    var result = self
    let duplicates = duplicateOf()
    for item in conversion.items where item.tensor.dtype != item.source.dtype {
      guard let position = position(of: item.sourceName) else { continue }
      // Names of one tensor stay that.
      if let first = duplicates[position] {
        result.replaceTensor(at: position, with: result.entries[first].tensor)
      } else if let rounded = item.source.rounded(to: item.tensor.dtype) {
        result.replaceTensor(at: position, with: rounded)
      }
    }
    return result
  }
}

extension LazyTensor {
  /// The values as `dtype` has them, in a tensor that can be converted again.
  fileprivate func rounded(to dtype: DType) -> LazyTensor? {
    LazyTensor.combination([.init(1, self)], as: dtype, formula: dtype.name)
  }
}

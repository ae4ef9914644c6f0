package import TensorStorage

/// The header of a `.npy` file: what its elements are and how they lie.
package struct NumpyHeader: Equatable, Sendable {
  /// What the elements are.
  package var dtype: DType
  /// Whether the most significant byte of an element comes first.
  package var isBigEndian: Bool
  /// Whether the first dimension varies fastest.
  package var isFortranOrder: Bool
  /// The extents.
  package var shape: [Int]

  /// The first bytes of every `.npy` file.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// numpy itself has no more dimensions.
  static let maximumRank = 64

  /// Bytes of the elements; nil if there are too many to count.
  var dataByteCount: Int? {
    Layout.elementCount(of: shape).flatMap { dtype.byteCount(elementCount: $0) }
  }

  /// Distances between neighbours, in elements; nil if row-major.
  var strides: [Int]? {
    guard isFortranOrder else { return nil }
    return Array(Layout.packedStrides(of: shape.reversed()).reversed())
  }

  /// Reads the literal dictionary of a header.
  init(parsing text: RawSpan) throws(NumpyFault) {
    let literal: PythonLiteral
    do { literal = try PythonLiteral(parsing: text) } catch {
      throw .headerSyntax(offset: error.offset)
    }
    let fields = try Self.fields(of: literal)
    let element = try NumpyDType(descr: fields.descr)
    dtype = element.dtype
    isBigEndian = element.isBigEndian
    guard case .bool(let isFortranOrder) = fields.order else { throw .malformedOrder }
    self.isFortranOrder = isFortranOrder
    shape = try Self.shape(of: fields.shape)
    guard dataByteCount != nil else { throw .sizeOverflow(shape) }
  }

  private typealias Fields = (descr: PythonLiteral, order: PythonLiteral, shape: PythonLiteral)

  /// The three values that the dictionary has to have, and no others.
  private static func fields(of literal: PythonLiteral) throws(NumpyFault) -> Fields {
    guard case .dictionary(let pairs) = literal else { throw .headerKeys }
    func value(_ key: String) -> PythonLiteral? {
      pairs.first { $0.key == .text(key) }?.value
    }
    guard pairs.count == 3, let descr = value("descr"), let order = value("fortran_order"),
      let shape = value("shape")
    else { throw .headerKeys }
    return (descr, order, shape)
  }

  private static func shape(of literal: PythonLiteral) throws(NumpyFault) -> [Int] {
    guard case .tuple(let extents) = literal else { throw .malformedShape }
    guard extents.count <= maximumRank else {
      throw .rank(extents.count, limit: maximumRank)
    }
    var shape: [Int] = []
    for extent in extents {
      guard case .integer(let extent?) = extent, extent >= 0 else { throw .malformedShape }
      shape.append(extent)
    }
    return shape
  }
}

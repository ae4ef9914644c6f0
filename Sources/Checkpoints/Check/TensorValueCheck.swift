internal import TensorStorage

/// Counts what is suspicious among a tensor's values, tile by tile.
struct TensorValueCheck {
  /// A row of one element is a value, and zeros among values are common.
  private static let shortestRowElementCount = 2

  private let shape: [Int]
  private let scan: ElementScan?
  /// Numbers per element: two for complex ones.
  private let numbersPerElement: Int
  /// Numbers per row: what one index of the first dimension selects; nil where rows are not looked at.
  private let rowNumberCount: Int?

  private(set) var nanCount = 0
  private(set) var infiniteCount = 0
  /// The position, in elements, of the first NaN or infinity.
  private(set) var firstSpecial: Int?
  private(set) var zeroRowCount = 0
  private(set) var firstZeroRow: Int?

  /// Whether the row that the last tile ended in is zero so far.
  private var isRowZero = true

  init(_ tensor: LazyTensor) {
    shape = tensor.shape
    scan = ElementScan(tensor.dtype)
    numbersPerElement = tensor.dtype.isComplex ? 2 : 1
    let rowElementCount = shape.count > 1 ? tensor.elementCount / max(1, shape[0]) : 0
    let hasRows = rowElementCount >= Self.shortestRowElementCount && scan?.hasZero == true
    rowNumberCount = hasRows ? rowElementCount * numbersPerElement : nil
  }

  /// Whether all rows are zero, and so all values are.
  var isAllZero: Bool { rowNumberCount != nil && zeroRowCount == shape[0] }

  /// Looks at the elements of a tile, the first of which is element `start`; tiles come in order.
  mutating func add(_ tile: RawSpan, startingAt start: Int) {
    guard let scan else { return }
    guard let rowNumberCount else {
      return countSpecials(in: tile, greatest: scan.greatest(in: tile), at: start, scan)
    }
    let numberCount = tile.byteCount / scan.numberByteCount
    let first = start * numbersPerElement
    var next = first
    while next < first + numberCount {
      let row = next / rowNumberCount
      let end = min((row + 1) * rowNumberCount, first + numberCount)
      let bytes = (next - first) * scan.numberByteCount..<(end - first) * scan.numberByteCount
      let part = tile.extracting(bytes)
      let greatest = scan.greatest(in: part)
      countSpecials(in: part, greatest: greatest, at: next / numbersPerElement, scan)
      isRowZero = (next == row * rowNumberCount || isRowZero) && greatest == 0
      if isRowZero, end == (row + 1) * rowNumberCount { countZeroRow(row) }
      next = end
    }
  }

  private mutating func countZeroRow(_ row: Int) {
    zeroRowCount += 1
    firstZeroRow = firstZeroRow ?? row
  }

  private mutating func countSpecials(
    in part: RawSpan, greatest: UInt64, at element: Int, _ scan: ElementScan
  ) {
    guard scan.mayBeSpecial(greatest) else { return }
    let specials = scan.specials(in: part)
    nanCount += specials.nanCount
    infiniteCount += specials.infiniteCount
    firstSpecial = firstSpecial ?? specials.first.map { element + $0 / numbersPerElement }
  }
}

extension TensorValueCheck {
  /// What was counted, as findings.
  func findings(file: String, tensor: String) -> [CheckFinding] {
    var findings: [CheckFinding] = []
    func add(_ severity: CheckFinding.Severity, _ code: String, _ sentence: String) {
      findings.append(
        CheckFinding(severity, code: code, file: file, tensor: tensor, sentence: sentence))
    }
    let place = firstSpecial.map { ", the first at \(index(of: $0))" } ?? ""
    if nanCount > 0 {
      add(.fault, "NaN", "\(nanCount) \(nanCount == 1 ? "value is" : "values are") NaN\(place)")
    }
    if infiniteCount > 0 {
      let verb = infiniteCount == 1 ? "value is" : "values are"
      add(.fault, "Infinity", "\(infiniteCount) \(verb) infinite\(nanCount > 0 ? "" : place)")
    }
    if isAllZero {
      add(.remark, "AllZero", "all values are zero")
    } else if let firstZeroRow {
      add(
        .remark, "ZeroRows",
        "\(zeroRowCount) of \(shape[0]) rows are all zero, the first is row \(firstZeroRow)")
    }
    return findings
  }

  /// The index of an element, one number a dimension.
  private func index(of element: Int) -> [Int] {
    zip(shape, Layout.packedStrides(of: shape)).map { extent, stride in
      element / stride % max(1, extent)
    }
  }
}

/// Rows of cells whose columns line up.
///
/// The cells are kept as one run of bytes, so that a table of a hundred thousand rows is cheap.
struct Table {
  /// On which side of its column a cell stands.
  enum Alignment {
    case left
    case right
  }

  private let alignments: [Alignment]
  private var bytes: [UInt8] = []
  /// Where each cell ends in `bytes`, row by row.
  private var ends: [Int] = []
  /// How many columns of the terminal each cell takes.
  private var widths: [Int] = []
  private var columnWidths: [Int]
  private var roles: [Int: TextStyle.Role] = [:]

  /// A table with those columns.
  init(_ alignments: Alignment...) {
    self.alignments = alignments
    columnWidths = alignments.map { _ in 0 }
  }

  /// Whether there are no rows.
  var isEmpty: Bool { ends.isEmpty }

  /// Appends a cell; rows are filled from left to right.
  mutating func cell(_ text: String, _ role: TextStyle.Role? = nil) {
    if let role { roles[ends.count] = role }
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    let count = bytes.count - start
    endCell(
      width: count == 0 || text.utf8.allSatisfy { $0 < 0x80 } ? count : text.unicodeScalars.count)
  }

  /// Appends a cell with a shape: `[768, 3072]`.
  mutating func cell(shape: [Int]) {
    let start = bytes.count
    bytes.append(UInt8(ascii: "["))
    for (dimension, extent) in shape.enumerated() {
      if dimension > 0 { bytes.append(contentsOf: [UInt8(ascii: ","), UInt8(ascii: " ")]) }
      bytes.appendDecimal(extent)
    }
    bytes.append(UInt8(ascii: "]"))
    endCell(width: bytes.count - start)
  }

  private mutating func endCell(width: Int) {
    let column = ends.count % alignments.count
    ends.append(bytes.count)
    widths.append(width)
    columnWidths[column] = max(columnWidths[column], width)
  }

  /// Writes the rows to `page`, two spaces between columns, `indentation` before them.
  func write(to page: inout Page, indentation: Int = 0) {
    for row in stride(from: 0, to: ends.count, by: alignments.count) {
      page.write(UInt8(ascii: " "), count: indentation)
      // Spaces are owed until something follows them: no line ends with one.
      var owed = 0
      for column in alignments.indices {
        let cell = row + column
        let padding = columnWidths[column] - widths[cell]
        if widths[cell] > 0 {
          page.write(UInt8(ascii: " "), count: owed + (alignments[column] == .right ? padding : 0))
          write(cell, to: &page)
          owed = alignments[column] == .left ? padding : 0
        } else {
          owed += padding
        }
        owed += columnWidths[column] > 0 ? 2 : 0
      }
      page.endLine()
    }
  }

  private func write(_ cell: Int, to page: inout Page) {
    let text = bytes[(cell == 0 ? 0 : ends[cell - 1])..<ends[cell]]
    if page.style.isColoured, let role = roles[cell] {
      page.write(page.style.apply(role, String(decoding: text, as: UTF8.self)))
    } else {
      page.write(text)
    }
  }
}

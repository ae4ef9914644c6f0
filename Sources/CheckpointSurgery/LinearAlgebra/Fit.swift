internal import TensorStorage

/// Why no map could be learned.
enum FitFault: Error, Equatable {
  /// A table could not be read.
  case file(FileError)
  /// A factorisation could not be made.
  case arithmetic(LinearAlgebraFault)
  /// Fewer than two pairs of rows say something.
  case tooFew(usable: Int)
}

/// What learning a map does with the disk and with LAPACK, its errors made one kind.
enum Fit {
  /// Opens OpenBLAS.
  static func open() throws(FitFault) {
    do { try LinearAlgebra.open() } catch { throw .arithmetic(error) }
  }

  /// Reads the usable pairs of rows, tile by tile.
  static func read(
    _ anchors: AnchorRows, _ body: ([Int], Matrix, Matrix) -> Void
  ) throws(FitFault) {
    do { try anchors.forEachTile(body) } catch { throw .file(error) }
  }

  /// Factorises.
  static func solve<Result>(
    _ body: () throws(LinearAlgebraFault) -> Result
  ) throws(FitFault) -> Result {
    do { return try body() } catch { throw .arithmetic(error) }
  }
}

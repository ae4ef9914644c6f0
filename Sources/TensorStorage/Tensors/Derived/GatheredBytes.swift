/// The bytes of a view in row-major order, for tensors that take them for something else than the view does.
package struct GatheredBytes: ByteSource {
  private let view: LazyTensor

  /// The bytes that reading `view` gives.
  package init(_ view: LazyTensor) { self.view = view }

  package var byteCount: Int { view.byteCount }
  package var isRandomAccess: Bool { view.isRandomAccess }
  package var fileRange: FileRange? { view.fileRange }

  package func makeCursor() throws(FileError) -> any ByteCursor {
    Cursor(bytes: PackedBytes(view))
  }

  private struct Cursor: ByteCursor {
    let bytes: PackedBytes

    func read(at byteOffset: Int, into destination: inout MutableRawSpan) throws(FileError) {
      try bytes.read(at: byteOffset, into: &destination)
    }
  }
}

internal import CZlib
internal import TensorStorage

/// Decompresses one deflate stream, piece by piece; the only place that speaks to zlib.
///
/// zlib's state points back to the `z_stream`, so that structure stays in one place on the heap.
@safe
final class Inflater {
  /// What one step has done.
  struct Step {
    /// How many bytes of input it took.
    var consumedByteCount: Int
    /// How many bytes of output it made.
    var producedByteCount: Int
    /// Where the stream stands now.
    var state: State
  }

  /// Where a stream stands.
  enum State: Equatable {
    /// In its middle: it goes on with more input or more room.
    case running
    /// At its end, which the stream itself marks.
    case finished
    /// At bytes that are not deflate; zlib says why.
    case broken(String)
  }

  private let stream: UnsafeMutablePointer<z_stream>

  /// A decompressor at the start of a raw deflate stream; nil if the system has no memory for it.
  init?() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // A negative window size means a raw stream, without zlib's own header.
    guard unsafe ligature_inflateInit2(stream, -MAX_WBITS) == Z_OK else { return nil }
  }

  deinit {
    // SAFETY: allocated above; inflateEnd of a stream that was not initialised does nothing.
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Goes back to the start of the stream.
  func reset() {
    // SAFETY: `stream` was initialised above.
    unsafe inflateReset(stream)
  }

  /// Decompresses as much of `input` as there is room for.
  func step(_ input: RawSpan, into output: inout MutableRawSpan) -> Step {
    let inputCount = min(input.byteCount, Int(UInt32.max))
    let outputCount = min(output.byteCount, Int(UInt32.max))
    // zlib refuses a nil pointer even where there is nothing to read or write.
    var nothing: UInt8 = 0
    // SAFETY: zlib stays within the counts given, and its pointers are not used after the closures.
    let result = unsafe input.withUnsafeBytes { source in
      unsafe output.withUnsafeMutableBytes { target in
        unsafe withUnsafeMutableBytes(of: &nothing) { spare in
          let next = unsafe source.baseAddress ?? UnsafeRawPointer(spare.baseAddress)
          unsafe stream.pointee.next_in = UnsafeMutableRawPointer(mutating: next)?
            .assumingMemoryBound(to: UInt8.self)
          unsafe stream.pointee.avail_in = UInt32(inputCount)
          unsafe stream.pointee.next_out = (target.baseAddress ?? spare.baseAddress)?
            .assumingMemoryBound(to: UInt8.self)
          unsafe stream.pointee.avail_out = UInt32(outputCount)
          return unsafe inflate(stream, Z_NO_FLUSH)
        }
      }
    }
    return unsafe Step(
      consumedByteCount: inputCount - Int(stream.pointee.avail_in),
      producedByteCount: outputCount - Int(stream.pointee.avail_out), state: state(result))
  }

  private var message: String? {
    // SAFETY: zlib's messages are constants that end in NUL.
    unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
  }

  private func state(_ result: Int32) -> State {
    switch result {
    case Z_STREAM_END: .finished
    // Z_BUF_ERROR: no progress without more input or more room.
    case Z_OK, Z_BUF_ERROR: .running
    default:
      .broken(message ?? "zlib error \(result)")
    }
  }
}

/// A run of bytes that one or more tensors look into.
///
/// Sharing is identity: two tensors whose `storage` is the same object share bytes, as in PyTorch.
public final class Storage: Sendable {
  /// Where the bytes come from.
  public let source: any ByteSource

  /// How many bytes there are.
  public var byteCount: Int { source.byteCount }

  /// Whether the file holds the bytes, rather than only their number.
  public var hasData: Bool { !(source is AbsentBytes) }

  /// A storage of its own over `source`.
  public init(_ source: any ByteSource) { self.source = source }
}

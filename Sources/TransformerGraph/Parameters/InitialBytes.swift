#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// The float32 values of an initial distribution: element `i` is a function of the stream and `i`, so
/// any part can be computed by itself.
struct InitialBytes: ByteSource, ByteCursor {
  let byteCount: Int
  private let values: InitialValues
  private let stream: RandomStream

  init(_ values: InitialValues, elementCount: Int, stream: RandomStream) {
    byteCount = elementCount.multipliedReportingOverflow(by: 4).partialValue
    self.values = values
    self.stream = stream
  }

  var isRandomAccess: Bool { true }
  var fileRange: FileRange? { nil }
  func makeCursor() throws(FileError) -> any ByteCursor { self }

  func read(at byteOffset: Int, into destination: inout MutableRawSpan) throws(FileError) {
    var position = 0
    while position < destination.byteCount {
      let index = (byteOffset + position) / 4
      let skipped = (byteOffset + position) % 4
      let bits = element(index).bitPattern.littleEndian
      for part in skipped..<min(4, skipped + destination.byteCount - position) {
        destination.storeBytes(
          of: UInt8(truncatingIfNeeded: bits >> (8 * UInt32(part))), toByteOffset: position,
          as: UInt8.self)
        position += 1
      }
    }
  }

  private func element(_ index: Int) -> Float {
    switch values {
    case .constant(let value): Float(value)
    case .normal(let deviation): Float(stream.normal(index) * deviation)
    case .uniform(let bound): Float((2 * stream.uniform(index) - 1) * bound)
    case .function(let value): value(index)
    }
  }
}

/// Random numbers by position: SplitMix64 (Steele, Lea and Flood, 2014) of a key and a counter.
package struct RandomStream: Hashable, Sendable {
  private let key: UInt64

  /// The stream of that name under a seed.
  package init(seed: UInt64, name: String) {
    // FNV-1a, so that the stream depends on the name's bytes and on nothing else.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    key = Self.mixed(hash ^ Self.mixed(seed))
  }

  /// A number of `0 ..< 1`, with 53 random bits.
  func uniform(_ index: Int) -> Double { Double(bits(index) >> 11) * 0x1p-53 }

  /// A number of the standard normal distribution (Box and Muller, 1958).
  package func normal(_ index: Int) -> Double {
    let radius = (-2 * log(1 - uniform(2 * index))).squareRoot()
    return radius * cos(2 * .pi * uniform(2 * index + 1))
  }

  /// 64 random bits.
  func bits(_ index: Int) -> UInt64 {
    Self.mixed(key &+ UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value &+ 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

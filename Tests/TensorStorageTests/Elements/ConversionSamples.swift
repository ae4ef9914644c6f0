internal import Foundation
internal import TensorStorage
internal import TestSupport

/// What torch makes of single elements: `fixtures/elements/conversions.json`.
struct TorchConversions: Decodable {
  var lowerHalves: [UInt32]
  /// The 256 values of each dtype as the bits of an F32 in hexadecimal, or `nan`.
  var float8: [String: [String]]
  var digests: [Digest]

  struct Digest: Decodable {
    var from: String
    var to: String
    var sha256: String
  }

  static func read() throws -> TorchConversions {
    try JSONDecoder().decode(
      Self.self, from: Data(try Fixtures.bytes("elements/conversions.json")))
  }
}

extension DType {
  /// Those that can be converted.
  static let sources = allCases.filter(\.isFloatingPoint)
  /// Those that can be converted to.
  static let targets: [DType] = [.f32, .f64, .f16, .bf16]
  /// Every pair.
  static let pairs = sources.flatMap { source in targets.map { DTypePair(source, $0) } }
}

/// A dtype and what it is converted to.
struct DTypePair: CustomStringConvertible, Sendable {
  var source: DType
  var target: DType

  init(_ source: DType, _ target: DType) { (self.source, self.target) = (source, target) }

  var description: String { "\(source.name) to \(target.name)" }
}

/// The converted elements and the report.
func converted(
  _ bytes: [UInt8], _ pair: DTypePair, using instructions: Instructions = .best
) -> (bytes: [UInt8], report: ConversionReport) {
  let count = bytes.count * 8 / pair.source.bitCount
  var target = [UInt8](repeating: 0xEE, count: count * pair.target.bitCount / 8)
  var report = ConversionReport()
  target.withMutableRawBytes { span in
    ElementConversion.convert(
      bytes.rawBytes, from: pair.source, into: &span, as: pair.target, report: &report,
      using: instructions)
  }
  return (target, report)
}

extension FixedWidthInteger {
  /// The integer's bytes, least significant first.
  var bytes: [UInt8] { (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}

/// The integers that little-endian bytes hold.
func integers<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: [UInt8], as _: T.Type) -> [T] {
  var reader = ByteReader(bytes.rawBytes)
  var values: [T] = []
  while let value = reader.integer(T.self) { values.append(value) }
  return values
}

/// Numbers that are the same each time.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

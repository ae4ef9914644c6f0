internal import Checkpoints
internal import Foundation
internal import TestSupport

/// Small pickles and what Python's unpickler makes of them.
struct PickleVectors: Decodable {
  struct Vector: Decodable, CustomStringConvertible {
    var name: String
    var hex: String
    var value: String

    var bytes: [UInt8] { PickleVectors.bytes(hex) }
    var description: String { name }
  }

  /// One object in protocols 0 to 5.
  struct Protocols: Decodable {
    var hex: [String]
    var value: String
  }

  var vectors: [Vector]
  var protocols: Protocols

  /// The vectors; none, and a failing test, if they cannot be read.
  static let all: PickleVectors = {
    let empty = PickleVectors(vectors: [], protocols: Protocols(hex: [], value: ""))
    guard let bytes = try? Fixtures.bytes("pickle/vectors.json") else { return empty }
    return (try? JSONDecoder().decode(PickleVectors.self, from: Data(bytes))) ?? empty
  }()

  /// The bytes of hexadecimal digits; spaces between them are ignored.
  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}

/// Reads a pickle from memory.
func graph(
  _ bytes: [UInt8], policy: GlobalPolicy = .refuseDangerous, limits: PickleLimits = PickleLimits()
) throws(FormatError) -> PickleGraph {
  try PickleMachine.run(bytes, file: "memory", policy: policy, limits: limits)
}

/// The bytes of a pickle whose opcodes are given as text: each character is one byte.
func pickle(_ opcodes: String) -> [UInt8] {
  opcodes.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
}

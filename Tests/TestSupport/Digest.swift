internal import Crypto

/// The SHA-256 of bytes, in hexadecimal.
public func sha256(_ bytes: [UInt8]) -> String {
  SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

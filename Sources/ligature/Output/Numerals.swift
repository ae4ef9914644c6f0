/// Numbers as people read them.
enum Numerals {
  /// A count with its thousands apart: `124,439,808`.
  static func grouped(_ count: Int) -> String {
    let digits = String(count.magnitude).utf8
    var text = count < 0 ? "-" : ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position).isMultiple(of: 3) { text += "," }
      text.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return text
  }

  /// A count with what it counts: `1 tensor`, `2,048 tensors`.
  static func count(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// Bytes in decimal units with three digits: `512 B`, `45.6 kB`, `1.23 GB`.
  static func bytes(_ count: Int) -> String {
    if count < 1000 { return "\(count) B" }
    var value = Double(count)
    for unit in ["kB", "MB", "GB", "TB", "PB"] {
      value /= 1000
      // 999.5 would be printed as 1000.
      if value < 999.5 { return "\(threeDigits(value)) \(unit)" }
    }
    return "\(threeDigits(value / 1000)) EB"
  }

  /// A number from 0 to 999.5 with three digits that count: `1.23`, `45.6`, `789`.
  static func threeDigits(_ value: Double) -> String {
    if value < 9.995 { return fixed(value, decimals: 2) }
    return value < 99.95 ? fixed(value, decimals: 1) : fixed(value, decimals: 0)
  }

  /// A number with that many digits behind the point.
  static func fixed(_ value: Double, decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
    guard let scaled = Int(exactly: (value.magnitude * Double(scale)).rounded()) else {
      return "\(value)"
    }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if decimals == 0 { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: decimals - fraction.utf8.count)
    return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
  }

  /// A measured number with four digits that count, as Python's `.4g` has it: `0.001953`, `12.35`, `1.234e-09`.
  static func measured(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "\(value)" }
    var exponent = 0
    var mantissa = value.magnitude
    while mantissa >= 9.9995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 0.99995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    let sign = value < 0 ? "-" : ""
    if exponent >= -4, exponent <= 5 {
      return sign + fixed(value.magnitude, decimals: max(0, 3 - exponent))
    }
    let digits = "\(exponent.magnitude)"
    return "\(sign)\(fixed(mantissa, decimals: 3))e\(exponent < 0 ? "-" : "+")"
      + (digits.count == 1 ? "0" : "") + digits
  }

  /// A time: `0.42 s`, `12 s`, `3 min 5 s`, `2 h 4 min`.
  static func duration(seconds: Double) -> String {
    if seconds < 10 { return "\(fixed(seconds, decimals: 2)) s" }
    let whole = Int(min(seconds, 1e9).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}

extension [UInt8] {
  /// Appends the decimal digits of `number`.
  mutating func appendDecimal(_ number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = count
    repeat {
      append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self[start...].reverse()
  }
}

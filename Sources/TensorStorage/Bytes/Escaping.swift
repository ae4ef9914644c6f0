/// A name as it may be shown: control characters, quotes and backslashes written as escapes, so that
/// no name from a file can move the cursor, forge a line or hide its end.
public func escaped(_ name: String) -> String {
  guard name.unicodeScalars.contains(where: needsEscape) else { return name }
  var text = ""
  for scalar in name.unicodeScalars {
    text += needsEscape(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return text
}

private func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
  if scalar == "\\" { return true }
  if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: return true
  default: return false
  }
}

/// How many characters of a name are shown: a name may have megabytes, a sentence may not.
private let shownCharacterCount = 500

/// A name as it may be shown: control characters, quotes and backslashes written as escapes, so that
/// no name from a file can move the cursor, forge a line or hide its end; of a very long one, its two ends.
public func escaped(_ name: String) -> String {
  let scalars = name.unicodeScalars
  guard name.utf8.count > shownCharacterCount, scalars.count > shownCharacterCount else {
    return escaped(scalars[...])
  }
  let half = shownCharacterCount / 2
  return escaped(scalars.prefix(half)) + "…(\(scalars.count) characters)…"
    + escaped(scalars.suffix(half))
}

private func escaped(_ scalars: Substring.UnicodeScalarView) -> String {
  guard scalars.contains(where: needsEscape) else { return String(scalars) }
  var text = ""
  for scalar in scalars {
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

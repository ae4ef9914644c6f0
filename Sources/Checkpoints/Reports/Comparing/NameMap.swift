/// Which name a tensor of one checkpoint has in another.
package enum NameMap {
  /// Reads pairs of names from a text file, one pair a line: the name in A, the name in B.
  ///
  /// They are separated by a tab, or by white space where the line has no tab. Empty lines and lines that
  /// begin with `#` are skipped.
  ///
  /// - Throws: A `ListingFault` if a line is not two names, a name stands in two lines, or is not one of
  ///   the checkpoint's.
  package static func read(
    path: String, from a: Checkpoint, to b: Checkpoint
  ) throws(FormatError) -> [TensorName: TensorName] {
    var map: [TensorName: TensorName] = [:]
    var targets: Set<TensorName> = []
    for line in try ListingFile.lines(path: path) where !line.text.hasPrefix("#") {
      guard let (source, target) = pair(in: line.text) else {
        throw FormatError(file: path, .listing(.invalidPair(line: line.number)))
      }
      try check(source, isIn: a, path: path, line: line.number)
      try check(target, isIn: b, path: path, line: line.number)
      let isNew = (map[source] == nil, targets.insert(target).inserted)
      guard isNew == (true, true) else {
        let name = isNew.0 ? target.text : source.text
        throw FormatError(file: path, .listing(.duplicateName(line: line.number, name: name)))
      }
      map[source] = target
    }
    return map
  }

  private static func pair(in line: String) -> (TensorName, TensorName)? {
    let parts =
      line.utf8.contains(0x09)
      ? line.split(separator: "\t", omittingEmptySubsequences: false)
      : line.split(separator: " ")
    guard parts.count == 2 else { return nil }
    return (TensorName(String(parts[0])), TensorName(String(parts[1])))
  }

  private static func check(
    _ name: TensorName, isIn checkpoint: Checkpoint, path: String, line: Int
  ) throws(FormatError) {
    if checkpoint.position(of: name) != nil { return }
    let nearest = NearestName.of(name.text, among: checkpoint.entries.lazy.map(\.name.text))
    let fault = ListingFault.unknownName(
      line: line, name: name.text, checkpoint: checkpoint.source.files.first ?? "",
      nearest: nearest)
    throw FormatError(file: path, .listing(fault))
  }
}

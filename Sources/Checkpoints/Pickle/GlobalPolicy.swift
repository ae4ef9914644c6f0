/// What is done about a pickle that names globals which only attacks need.
///
/// Reading is safe either way, for nothing is ever looked up or called. The refusal is a courtesy: such a file
/// is dangerous to every other program that loads it. Naming is enough: a function that is put somewhere can
/// be called from there, and a call that is dropped was made.
///
/// It is no boundary. A list of what is dangerous in Python is never complete, and the safety of reading
/// does not rest on it.
package enum GlobalPolicy: Sendable {
  /// Refuses the file.
  case refuseDangerous
  /// Reads on: the global becomes an opaque value like any other.
  case readAll

  /// Whether a global is one that nothing but an attack needs.
  ///
  /// Components are compared whole: `torch.jit._pickle` is not `_pickle`, and `models.ssl` is a module of
  /// somebody's own.
  static func isDangerous(module: String, name: String) -> Bool {
    let moduleParts = module.split(separator: ".", omittingEmptySubsequences: false)
    let nameParts = name.split(separator: ".", omittingEmptySubsequences: false)
    if harmless[module]?.contains(name) == true { return false }
    if harmful[module]?.contains(String(nameParts[0])) == true { return true }
    if singleModules.contains(module) || packages.contains(String(moduleParts[0])) { return true }
    if moduleParts.contains(where: { anywhere.contains(String($0)) }) { return true }
    if hasHarmfulPrefix(moduleParts) { return true }
    return nameParts.contains { part in
      isHarmfulAttribute(String(part), isPath: nameParts.count > 1)
    }
  }

  /// Whether an attribute leads to where only attacks go: another module, or Python's own machinery.
  private static func isHarmfulAttribute(_ name: String, isPath: Bool) -> Bool {
    if anywhere.contains(name) || packages.contains(name) || singleModules.contains(name) {
      return true
    }
    if machinery.contains(name) { return true }
    // Python writes `functools.partial(C.__new__, C, …)` for classes with `__getnewargs_ex__`.
    if name == "__new__" { return false }
    return isPath && name.hasPrefix("__") && name.hasSuffix("__")
  }

  private static func hasHarmfulPrefix(_ parts: [Substring]) -> Bool {
    var path = ""
    for part in parts {
      path += path.isEmpty ? String(part) : ".\(part)"
      if harmfulModules.contains(path) { return true }
    }
    return false
  }
}

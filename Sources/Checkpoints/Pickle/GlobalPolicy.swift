/// What is done about a pickle that names globals which only attacks need.
///
/// Reading is safe either way, for nothing is ever looked up or called. The refusal is a courtesy: such a file
/// is dangerous to every other program, and its author did not mean well.
package enum GlobalPolicy: Sendable {
  /// Refuses the file.
  case refuseDangerous
  /// Reads on: the global becomes an opaque value like any other.
  case readAll
}

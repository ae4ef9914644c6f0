internal import TensorStorage
internal import TransformerInference

/// The release.
enum Version {
  /// As `--version` prints it.
  static let text = "ligature 0.1.0"

  /// As `--version --verbose` prints it: the release, and what models would run on.
  static func details() -> String {
    // Asked before the library is opened, which puts its own choice there.
    let isAsked = Environment["OPENBLAS_CORETYPE"] != nil
    let arithmetic: [String]
    do {
      let backend = try Backend()
      let reason = isAsked ? "as OPENBLAS_CORETYPE asks" : "chosen for this processor"
      arithmetic = [
        "kernels   \(backend.instructions)", "library   \(backend.build)",
        "products  \(backend.kernelFamily), \(reason)",
      ]
    } catch {
      arithmetic = ["library   none: \(error)"]
    }
    return ([text] + arithmetic + ["threads   \(Workers.processorCount)"]).joined(separator: "\n")
  }
}

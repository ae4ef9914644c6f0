internal import Checkpoints
internal import TensorStorage

/// What `show --npy` tells.
struct SavedValues: Answer {
  let name: TensorName
  let excerpt: TensorExcerpt
  let path: String

  func write(to page: inout Page) {
    page.line(
      "\(escaped(path)): \(excerpt.dtype.name) \(excerpt.shape), \(Numerals.bytes(excerpt.byteCount))"
    )
  }

  func write(to json: inout JSONDocument) {
    json.member("name", .string(name.text))
    json.member("dtype", .string(excerpt.dtype.name))
    json.member("shape", .shape(excerpt.shape))
    json.member("bytes", .int(excerpt.byteCount))
    json.member("file", .string(path))
  }
}

internal import Checkpoints
internal import TensorStorage

extension DigestListing: Answer {
  func write(to page: inout Page) {
    for line in lines { page.line(line) }
  }

  func write(to json: inout JSONDocument) {
    json.member("checkpoint", .string(checkpoint.hexadecimal))
    json.beginArray("tensors")
    for line in tensors {
      json.element([
        "name": .string(line.name.text), "sha256": .string(line.digest.hexadecimal),
      ])
    }
    json.endArray()
  }
}

/// What `hash --check` tells: which tensors are not those of the listing.
struct DigestCheck: Answer {
  let listing: DigestListing
  let differences: DigestListing.Differences

  func write(to page: inout Page) {
    for name in differences.changed { line(.bad, "changed", name, &page) }
    for name in differences.missing { line(.bad, "missing", name, &page) }
    for name in differences.extra { line(.warning, "extra", name, &page) }
    if differences.isEmpty {
      page.line(
        "\(page.style.apply(.good, "same")): \(Numerals.count(listing.tensors.count, "tensor"))")
    } else {
      let count = differences.changed.count + differences.missing.count + differences.extra.count
      page.line("\(page.style.apply(.bad, "different")): \(Numerals.count(count, "name"))")
    }
  }

  private func line(
    _ role: TextStyle.Role, _ word: String, _ name: TensorName, _ page: inout Page
  ) {
    page.line("\(page.style.apply(role, word))  \(escaped(name.text))")
  }

  func write(to json: inout JSONDocument) {
    json.member("same", .bool(differences.isEmpty))
    json.member("checkpoint", .string(listing.checkpoint.hexadecimal))
    json.member("changed", .names(differences.changed))
    json.member("missing", .names(differences.missing))
    json.member("extra", .names(differences.extra))
  }
}

extension JSONValue {
  /// An array of names.
  static func names(_ names: [TensorName]) -> JSONValue { .array(names.map { .string($0.text) }) }
}

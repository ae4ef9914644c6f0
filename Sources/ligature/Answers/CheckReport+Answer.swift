internal import Checkpoints
internal import TensorStorage

extension CheckReport: Answer {
  /// The exit code that the worst finding asks for: that of the error which it is, else "no".
  var exitStatus: ExitStatus {
    guard isSound else { return complaint?.status ?? .no }
    return forecasts.allSatisfy(\.loads) ? .success : .no
  }

  /// The first error that kept something from being read.
  var complaint: Complaint? { findings.lazy.compactMap(\.cause).first.map { Complaint($0) } }

  /// How many faults there are, in words.
  var faultSummary: String { Numerals.count(count(of: .fault), "fault") + " found" }

  func write(to page: inout Page) {
    for finding in findings {
      let word = page.style.apply(Self.role(of: finding.severity), finding.severity.rawValue)
      page.line("\(word): \(finding.message)")
    }
    if let bundle { write(bundle, to: &page) }
    let kind = bundle.map { "bundle of \(Numerals.count($0.models.count, "model"))" }
    var facts = [
      kind ?? format ?? "unreadable", Numerals.count(files.count, "file"),
      Numerals.count(tensorCount, "tensor"), Numerals.bytes(byteCount),
    ]
    if hasCheckedValues { facts.append("values read") }
    let verdict = page.style.apply(isSound ? .good : .bad, isSound ? "sound" : "not sound")
    page.line("\(verdict): \(facts.joined(separator: ", "))")
    for forecast in forecasts {
      let place = bundle == nil ? "" : "\(escaped(forecast.path)): "
      for call in forecast.calls {
        let word = page.style.apply(
          call.loads ? .good : .bad, call.loads ? "loads" : "does not load")
        page.line("\(place)\(call.text): \(word): \(call.reason)")
      }
    }
  }

  private func write(_ bundle: CheckedBundle, to page: inout Page) {
    for (position, file) in bundle.manifest.pool.enumerated() {
      let names = bundle.sharers[position].map { escaped($0) }.joined(separator: ", ")
      page.line("\(escaped(file.file)): '\(escaped(file.tensor.text))' of \(names)")
    }
    for model in bundle.models {
      guard let index = model.index else { continue }
      page.line(
        "\(escaped(model.name)): \(escaped(index)), \(Numerals.count(model.tensorCount, "tensor")), "
          + Numerals.bytes(model.byteCount))
    }
  }

  private static func role(of severity: CheckFinding.Severity) -> TextStyle.Role {
    switch severity {
    case .remark: .faint
    case .warning: .warning
    case .fault: .bad
    }
  }

  func write(to json: inout JSONDocument) {
    json.member("sound", .bool(isSound))
    json.member("format", format.map { .string($0) } ?? nil)
    json.member("files", .array(files.map { .string($0) }))
    json.member("tensors", .int(tensorCount))
    json.member("bytes", .int(byteCount))
    json.member("values", .bool(hasCheckedValues))
    if let bundle { write(bundle, to: &json) }
    json.beginArray("findings")
    for finding in findings {
      json.element([
        "severity": .string(finding.severity.rawValue), "code": .string(finding.code),
        "message": .string(finding.message), "file": .string(finding.file),
        "tensor": finding.tensor.map { .string($0) } ?? nil,
        "offset": finding.byteOffset.map { .int($0) } ?? nil,
      ])
    }
    json.endArray()
    if !forecasts.isEmpty {
      json.member("readers", .array(forecasts.map(Self.value)))
    }
    if let complaint { json.member("error", complaint.facts) }
  }
  private func write(_ bundle: CheckedBundle, to json: inout JSONDocument) {
    json.member(
      "pool",
      .array(
        bundle.manifest.pool.enumerated().map { position, file in
          [
            "file": .string(file.file), "tensor": .string(file.tensor.text),
            "sha256": .string(file.digest.hexadecimal),
            "models": .array(bundle.sharers[position].map { .string($0) }),
          ]
        }))
    json.member(
      "models",
      .array(
        bundle.models.map { model in
          [
            "name": .string(model.name), "index": model.index.map { .string($0) } ?? nil,
            "tensors": .int(model.tensorCount), "bytes": .int(model.byteCount),
          ]
        }))
  }

  private static func value(_ forecast: ReaderForecast) -> JSONValue {
    [
      "reader": .string(forecast.reader.rawValue), "path": .string(forecast.path),
      "loads": .bool(forecast.loads),
      "calls": .array(
        forecast.calls.map {
          ["call": .string($0.text), "loads": .bool($0.loads), "reason": .string($0.reason)]
        }),
    ]
  }
}

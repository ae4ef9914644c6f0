internal import TensorStorage

extension SafetensorsRemarks {
  /// The remarks as findings, in the order of their kinds.
  func findings(file: String) -> [CheckFinding] {
    Kind.allCases.compactMap { kind in
      occurrences[kind].map { occurrence in
        CheckFinding(
          kind.severity, code: kind.code, file: file, tensor: occurrence.firstTensor,
          sentence: kind.sentence + (occurrence.count > 1 ? " (\(occurrence.count) times)" : ""))
      }
    }
  }
}

extension SafetensorsRemarks.Kind {
  fileprivate var severity: CheckFinding.Severity {
    switch self {
    case .unalignedHeader, .unalignedTensor: .remark
    default: .warning
    }
  }

  fileprivate var code: String {
    switch self {
    case .whiteSpaceAround: "WhiteSpaceAroundHeader"
    case .unalignedHeader: "UnalignedHeader"
    case .unalignedTensor: "UnalignedTensor"
    case .unknownField: "UnknownField"
    case .arrayForm: "ArrayForm"
    case .emptyName: "EmptyTensorName"
    case .repeatedMetadataKey: "RepeatedMetadataKey"
    case .missingFormat: "MissingFormat"
    case .duplicateName: "DuplicateTensorName"
    case .controlCharacter: "ControlCharacterInName"
    }
  }

  fileprivate var sentence: String {
    switch self {
    case .whiteSpaceAround:
      "white space other than spaces at the end surrounds the header, which should begin with '{'"
    case .unalignedHeader:
      "the header's length is no multiple of 8, so no tensor's bytes are sure to be aligned"
    case .unalignedTensor: "its bytes begin at no multiple of its elements' size"
    case .unknownField: "its description has a field that safetensors does not know"
    case .arrayForm: "its description is an array, where safetensors writes an object"
    case .emptyName: "a tensor's name is empty"
    case .repeatedMetadataKey: "a key occurs twice in the metadata; the last counts"
    case .missingFormat:
      "the metadata does not say {\"format\": \"pt\"}, without which transformers refuses the file"
    case .duplicateName: "its name occurs twice in the header; the last counts"
    case .controlCharacter: "its name has a control character in it"
    }
  }
}

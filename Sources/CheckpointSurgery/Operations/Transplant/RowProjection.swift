internal import Checkpoints
#if canImport(Glibc)
internal import Glibc
#endif
internal import TensorStorage

/// How rows of a donor's tensor become rows of the recipient's: copied, or mapped, and what that costs.
struct RowProjection {
  /// The map; nil where rows are copied.
  var map: RowMap?
  /// What a plan shows in front of the donor's name: `ridge`.
  var name = ""
  /// What was found, each a sentence.
  var facts: [String] = []
  /// What is lost; nil for nothing.
  var loss: String?
  /// How well a learned map does on anchors that it was not learned from.
  var score: HeldOutScore?

  /// The rows of `table`, as wide as the recipient's.
  func applied(to table: LazyTensor, as dtype: DType, title: String) -> LazyTensor? {
    guard let map else { return table.cast(to: dtype) }
    return table.mappingRows(by: map, as: dtype, formula: "\(name)(\(title))")
  }
}

/// Chooses or learns the map from rows of the donor to rows of the recipient.
struct RowProjector {
  /// What is wanted; nil for rows of equal widths only.
  var method: ProjectionMethod?
  /// Pairs of rows that say the same.
  var anchors: TokenPairs?
  /// Whether mapped rows get the lengths that the donor's rows predict.
  var matchesNorms: Bool
  /// The recipient and the donor, for messages.
  var model: String, donor: String

  /// The projection from `donor` rows to `recipient` rows; `title` names the tensor.
  func projection(
    from donor: LazyTensor, to recipient: LazyTensor, title: String
  ) throws(SurgeryError) -> RowProjection {
    let (width, wanted) = (donor.shape[1], recipient.shape[1])
    guard let method else {
      if width == wanted { return RowProjection() }
      throw fault(.widthsDiffer(recipient: wanted, donor: self.donor, donorWidth: width))
    }
    if method.needsAnchors {
      return try learned(method, from: donor, to: recipient, title: title)
    }
    if width == wanted {
      return RowProjection(facts: ["\(title): both are \(width) wide, so rows are copied"])
    }
    var result: RowProjection
    switch method {
    case .principalAxes: result = try principal(donor, count: wanted, title: title)
    case .pad:
      try require(
        width < wanted, "--project pad widens rows, and \(width) to \(wanted) is narrower")
      result = RowProjection(
        map: RowMap(keepingColumnsOf: width, as: wanted), name: "pad",
        facts: ["\(title): \(wanted - width) zeros stand behind the donor's \(width) coordinates"],
        loss: "the recipient's layers read coordinates that the donor's rows were not made for")
    case .truncate:
      try require(
        width > wanted, "--project truncate narrows rows, and \(width) to \(wanted) is wider")
      result = RowProjection(
        map: RowMap(keepingColumnsOf: width, as: wanted), name: "truncate",
        facts: ["\(title): the first \(wanted) of \(width) coordinates are kept"],
        loss:
          "\(width - wanted) of \(width) coordinates are cut off, in the donor's arbitrary order")
    case .embeddingDimension, .ridge, .procrustes: return RowProjection()
    }
    if matchesNorms { result.map?.length = .init(intercept: 0, slope: 1) }
    return result
  }

  private func principal(
    _ donor: LazyTensor, count: Int, title: String
  ) throws(SurgeryError) -> RowProjection {
    try require(
      count < donor.shape[1],
      "--project pca narrows rows, and \(donor.shape[1]) to \(count) is wider; pad or ridge widen them"
    )
    let axes: PrincipalAxes
    do { axes = try PrincipalAxes(donor, count: count) } catch { throw fault(error, given: 0) }
    let share = percent(axes.lostShare)
    return RowProjection(
      map: axes.map, name: "pca",
      facts: [
        "\(title): \(count) principal axes of \(donor.shape[1]); \(share) of the squares are outside"
      ],
      loss: "\(share) of the squared lengths of the donor's rows")
  }

  // MARK: - Learned maps

  private func learned(
    _ method: ProjectionMethod, from donor: LazyTensor, to recipient: LazyTensor, title: String
  ) throws(SurgeryError) -> RowProjection {
    guard let anchors else {
      throw fault(
        .usage(
          "--project \(method.rawValue) is learned from pairs of tokens that say the same: --anchors MAP, "
            + "or both vocabularies (--vocab, --from-vocab)"))
    }
    try anchors.check(recipientCount: recipient.shape[0], donorCount: donor.shape[0])
    let rows = AnchorRows(
      anchors.pairs.map { .init(donor: $0.donor, recipient: $0.recipient) }, donor: donor,
      recipient: recipient)
    do throws(FileError) {
      if try rows.areEqual {
        return RowProjection(
          facts: ["\(title): all \(rows.pairs.count) anchors are equal, so rows are copied"])
      }
    } catch { throw .format(FormatError(error, file: self.donor)) }
    var result = RowProjection(name: method.rawValue)
    do throws(FitFault) {
      if method == .ridge {
        fill(&result, with: try RidgeFit(rows), title: title)
      } else {
        fill(&result, with: try ProcrustesFit(rows), title: title)
      }
      if matchesNorms { result.map?.length = try Self.lengths(rows) }
    } catch { throw fault(error, given: rows.pairs.count) }
    if matchesNorms {
      result.facts.append("\(title): lengths are set by those of the donor's rows")
    }
    return result
  }

  private func fill(_ result: inout RowProjection, with fit: RidgeFit, title: String) {
    result.map = fit.map
    result.facts = [
      "\(title): ridge map of \(fit.anchorCount) anchors, penalty \(rounded(fit.relativePenalty)) of the mean "
        + "eigenvalue"
    ]
    result.facts += fit.score.map { "\(title): anchors left out in turn: \($0.sentence)" }.array
    result.loss = Self.loss(fit.score)
    result.score = fit.score
  }

  private func fill(_ result: inout RowProjection, with fit: ProcrustesFit, title: String) {
    result.map = fit.map
    result.facts = [
      "\(title): rotation by \(fit.anchorCount) anchors, scale \(rounded(fit.scale))"
    ]
    result.facts +=
      fit.score.map {
        "\(title): anchors of \(fit.foldCount) of 5 parts left out: \($0.sentence)"
      }.array
    result.loss = Self.loss(fit.score)
    result.score = fit.score
  }

  private static func loss(_ score: HeldOutScore?) -> String {
    guard let score else { return "rows are approximated, and too few anchors tell how well" }
    return
      "rows are approximated: held-out anchors with a relative error of \(rounded(score.relativeError))"
  }

  /// The line through `(log |a|, log |b|)` of the anchors, by least squares.
  private static func lengths(_ anchors: AnchorRows) throws(FitFault) -> RowMap.LengthLaw {
    var sums = (count: 0.0, x: 0.0, y: 0.0, xx: 0.0, xy: 0.0)
    try Fit.read(anchors) { _, a, b in
      for row in 0..<a.rowCount {
        let (x, y) = (log(RowMap.length(of: a.row(row))), log(RowMap.length(of: b.row(row))))
        sums.count += 1
        sums.x += x
        sums.y += y
        sums.xx += x * x
        sums.xy += x * y
      }
    }
    let spread = sums.xx - sums.x * sums.x / sums.count
    let slope = spread > 1e-12 * sums.count ? (sums.xy - sums.x * sums.y / sums.count) / spread : 0
    return .init(intercept: (sums.y - slope * sums.x) / sums.count, slope: slope)
  }

  private func require(_ condition: Bool, _ reason: String) throws(SurgeryError) {
    guard condition else { throw fault(.usage(reason)) }
  }

  private func fault(_ fault: TransplantFault) -> SurgeryError { .transplant(fault, model: model) }

  private func fault(_ fault: FitFault, given: Int) -> SurgeryError {
    switch fault {
    case .file(let error): .format(FormatError(error, file: donor))
    case .arithmetic(let fault): self.fault(.arithmetic(fault))
    case .tooFew(let usable): self.fault(.tooFewAnchors(usable: usable, given: given))
    }
  }
}

extension HeldOutScore {
  /// The score as facts.
  var sentence: String {
    "mean cosine \(rounded(meanCosine)), 5 % below \(rounded(lowCosine)), relative error "
      + "\(rounded(relativeError)), lengths × \(rounded(lengthRatio)) "
      + "(\(count) rows)"
  }
}

extension Optional {
  /// The value as a list of one, or of none.
  fileprivate var array: [Wrapped] { map { [$0] } ?? [] }
}

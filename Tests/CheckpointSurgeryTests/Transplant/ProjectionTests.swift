import TensorStorage
import TestSupport
import Testing

@testable import CheckpointSurgery

/// Maps that are learned from anchors, in worlds whose truth is known.
@Suite struct `Learned projections` {
  /// Two tables that are linear images of one latent, and noise; row i of one says what row i of the other does.
  struct World {
    let donor: Matrix, recipient: Matrix

    init(_ count: Int, _ a: Int, _ b: Int, noise: Double = 0.01, seed: UInt64 = 1) {
      let latent = Matrix.random(count, min(a, b, 6), seed: seed)
      func image(_ width: Int, _ seed: UInt64) -> Matrix {
        var image = latent.naiveProduct(.random(latent.columnCount, width, seed: seed))
        image.add(.random(count, width, seed: seed + 1), times: noise)
        return image
      }
      donor = image(a, seed + 2)
      recipient = image(b, seed + 4)
    }

    /// Anchors of the first rows.
    func anchors(_ count: Int, donor: Matrix? = nil) throws -> AnchorRows {
      let donor = donor ?? self.donor
      return AnchorRows(
        (0..<count).map { .init(donor: $0, recipient: $0) }, donor: try donor.tensor(),
        recipient: try recipient.tensor())
    }
  }

  private func cosine(_ a: Matrix, _ b: Matrix, _ rows: Range<Int>) -> Double {
    HeldOutScore(
      a.rows(Array(rows)), of: b.rows(Array(rows)),
      mean: [Double](repeating: 0, count: b.columnCount))?.meanCosine ?? 0
  }

  @Test(arguments: [(12, 9), (9, 12), (8, 8)]) func `predict rows that were left out`(
    a: Int, b: Int
  ) throws {
    let world = World(200, a, b)
    let ridge = try RidgeFit(world.anchors(150))
    #expect(cosine(ridge.map(world.donor), world.recipient, 150..<200) > 0.99)
    let score = try #require(ridge.score)
    #expect(score.count == 150)
    #expect(score.meanCosine > 0.99)
    let rotation = try ProcrustesFit(world.anchors(150))
    #expect(rotation.foldCount == 5)
    #expect(try #require(rotation.score).count == 150)
  }

  /// The hat matrix against fitting again without each anchor.
  @Test func `score each anchor as a map of the others would`() throws {
    let world = World(30, 5, 4, noise: 0.3)
    let ridge = try RidgeFit(world.anchors(30))
    var predicted = Matrix(rowCount: 30, columnCount: 4)
    for left in 0..<30 {
      let others = (0..<30).filter { $0 != left }
      var moments = AnchorMoments(donorWidth: 5, recipientWidth: 4, withGram: true)
      moments.add(world.donor.rows(others), world.recipient.rows(others))
      var gram = moments.centredGram
      for column in 0..<5 { gram[column, column] += ridge.penalty }
      let map = moments.centredCross.transposed.naiveQuotient(gram)
      for column in 0..<4 {
        predicted[left, column] = moments.meanB[column]
        for inner in 0..<5 {
          predicted[left, column] +=
            (world.donor[left, inner] - moments.meanA[inner]) * map[column, inner]
        }
      }
    }
    var all = AnchorMoments(donorWidth: 5, recipientWidth: 4, withGram: true)
    all.add(world.donor, world.recipient)
    let expected = try #require(HeldOutScore(predicted, of: world.recipient, mean: all.meanB))
    let found = try #require(ridge.score)
    #expect(abs(found.relativeError - expected.relativeError) < 1e-9)
    #expect(abs(found.meanCosine - expected.meanCosine) < 1e-9)
  }

  /// Property 10: a table that is scaled or turned is mapped to the same rows.
  @Test func `do not depend on the scale and the axes of the donor`() throws {
    let world = World(80, 7, 6, noise: 0.2)
    let (turn, _, _) = try LinearAlgebra.singular(of: .random(7, 7, seed: 9))
    for donor in [
      world.donor.scaled(by: 1e-4), world.donor.scaled(by: 1e4), world.donor.naiveProduct(turn),
    ] {
      let (a, b) = (try RidgeFit(world.anchors(80)), try RidgeFit(world.anchors(80, donor: donor)))
      #expect(a.map(world.donor).difference(from: b.map(donor)) < 1e-9)
      let (c, d) = (
        try ProcrustesFit(world.anchors(80)), try ProcrustesFit(world.anchors(80, donor: donor))
      )
      #expect(c.map(world.donor).difference(from: d.map(donor)) < 1e-9)
    }
  }

  /// Property 11: nothing makes a coefficient beyond reason, or NaN.
  @Test(arguments: ["duplicates", "zeros", "not finite", "constant", "few", "two"])
  func `stay tame`(what: String) throws {
    var world = World(40, 12, 10, noise: 0.05)
    var (donor, recipient) = (world.donor, world.recipient)
    for row in 0..<40 {
      for column in 0..<12 {
        switch what {
        case "duplicates": donor[row, column] = world.donor[row / 20, column]
        case "zeros" where row % 3 == 0: donor[row, column] = 0
        case "not finite" where row % 5 == 0 && column == 3:
          donor[row, column] = row % 2 == 0 ? .nan : .infinity
        case "constant": donor[row, column] = 1
        default: break
        }
      }
      if what == "zeros", row % 4 == 1 { for column in 0..<10 { recipient[row, column] = 0 } }
    }
    world = World(donor: donor, recipient: recipient)
    let count = what == "few" ? 6 : what == "two" ? 2 : 40
    for map in [
      try RidgeFit(world.anchors(count)).map, try ProcrustesFit(world.anchors(count)).map,
    ] {
      #expect(map.matrix.largestMagnitude <= 1e3)
      #expect(map.offset?.allSatisfy(\.isFinite) == true)
    }
  }

  @Test func `refuse when fewer than two pairs say something`() throws {
    let world = World(5, 4, 4)
    let nothing = Matrix(rowCount: 5, columnCount: 4)
    #expect(throws: FitFault.tooFew(usable: 1)) { try RidgeFit(world.anchors(1)) }
    #expect(throws: FitFault.tooFew(usable: 0)) {
      try ProcrustesFit(world.anchors(5, donor: nothing))
    }
  }

  @Test func `of principal axes keep the best inner products`() throws {
    let world = World(50, 8, 8, noise: 0)
    // The latent has six dimensions, so six axes hold everything.
    let six = try PrincipalAxes(world.donor.tensor(), count: 6)
    #expect(six.lostShare < 1e-12)
    let mapped = six.map(world.donor)
    #expect(
      mapped.naiveProduct(mapped.transposed).difference(
        from: world.donor.naiveProduct(world.donor.transposed)) < 1e-10)
    #expect(try PrincipalAxes(world.donor.tensor(), count: 3).lostShare > 1e-3)
  }

  @Test func `are undone by their pseudoinverse`() throws {
    try LinearAlgebra.open()
    let matrix = Matrix.random(9, 5, seed: 3)
    let (inverse, rank) = try matrix.pseudoinverse()
    #expect(rank == 5)
    #expect(
      inverse.naiveProduct(matrix).difference(from: Matrix(identity: 5, columnCount: 5)) < 1e-12)
    let flat = Matrix.random(9, 2, seed: 4).naiveProduct(.random(2, 5, seed: 5))
    let (second, secondRank) = try flat.pseudoinverse()
    #expect(secondRank == 2)
    #expect(flat.naiveProduct(second).naiveProduct(flat).difference(from: flat) < 1e-12)
  }
}

extension `Learned projections`.World {
  fileprivate init(donor: Matrix, recipient: Matrix) {
    (self.donor, self.recipient) = (donor, recipient)
  }
}

extension Matrix {
  /// The numbers as a tensor.
  func tensor() throws -> LazyTensor {
    try Made.tensor(.f64, [rowCount, columnCount], bits: values.map(\.bitPattern))
  }
}

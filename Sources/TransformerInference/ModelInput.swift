/// What a model is run on.
public struct ModelInput: Sendable {
  /// Token ids, shape `[batch, length]`.
  public struct Tokens: Sendable {
    /// The ids, row-major.
    public var ids: [Int]
    /// Sequences.
    public var batch: Int
    /// Tokens of each.
    public var length: Int

    /// Ids of the shape `[batch, length]`.
    public init(_ ids: [Int], batch: Int, length: Int) {
      precondition(ids.count == batch * length, "the ids do not fill the shape")
      (self.ids, self.batch, self.length) = (ids, batch, length)
    }
  }

  /// Features, shape `[batch, length, width]`.
  public struct Features: Sendable {
    /// The values, row-major.
    public var values: [Float]
    /// Sequences.
    public var batch: Int
    /// Positions of each.
    public var length: Int
    /// Features of each position.
    public var width: Int

    /// Values of the shape `[batch, length, width]`.
    public init(_ values: [Float], batch: Int, length: Int, width: Int) {
      precondition(values.count == batch * length * width, "the values do not fill the shape")
      (self.values, self.batch, self.length, self.width) = (values, batch, length, width)
    }

    /// A shape without values, for checks.
    init(shapeOnly shape: (batch: Int, length: Int, width: Int)) {
      values = []
      (batch, length, width) = shape
    }
  }

  /// Images, shape `[batch, channels, height, width]`.
  public struct Image: Sendable {
    /// The values, row-major.
    public var values: [Float]
    /// Images.
    public var batch: Int
    /// Values of each pixel.
    public var channels: Int
    /// Rows of pixels.
    public var height: Int
    /// Columns of pixels.
    public var width: Int

    /// Values of the shape `[batch, channels, height, width]`.
    public init(_ values: [Float], batch: Int, channels: Int, height: Int, width: Int) {
      precondition(
        values.count == batch * channels * height * width, "the values do not fill the shape")
      self.values = values
      (self.batch, self.channels, self.height, self.width) = (batch, channels, height, width)
    }

    /// Squares of `size` pixels along an edge, row by row, a pixel's channels last; nil if they do not fit.
    func patches(of size: Int) -> Features? {
      guard height.isMultiple(of: size), width.isMultiple(of: size) else { return nil }
      let (rows, columns) = (height / size, width / size)
      var patches: [Float] = []
      patches.reserveCapacity(values.count)
      for item in 0..<batch {
        for patch in 0..<(rows * columns) {
          for pixel in 0..<(size * size) {
            let y = patch / columns * size + pixel / size
            let x = patch % columns * size + pixel % size
            for channel in 0..<channels {
              patches.append(values[((item * channels + channel) * height + y) * width + x])
            }
          }
        }
      }
      return Features(
        patches, batch: batch, length: rows * columns, width: channels * size * size)
    }
  }

  /// Which positions are there, shape `[batch, length]`.
  public struct Presence: Sendable {
    /// The flags, row-major.
    public var flags: [Bool]
    /// Sequences.
    public var batch: Int
    /// Positions of each.
    public var length: Int

    /// Flags of the shape `[batch, length]`.
    public init(_ flags: [Bool], batch: Int, length: Int) {
      precondition(flags.count == batch * length, "the flags do not fill the shape")
      (self.flags, self.batch, self.length) = (flags, batch, length)
    }
  }

  /// The tokens of a TransformerWrapper, or of the decoder of an XTransformer.
  public var tokens: Tokens?
  /// Which tokens are there; nil: all.
  public var mask: Presence?
  /// What cross-attention attends to.
  public var context: Features?
  /// Which of the context is there.
  public var contextMask: Presence?
  /// The tokens of an XTransformer's encoder.
  public var source: Tokens?
  /// Which of them are there.
  public var sourceMask: Presence?
  /// The input of a ContinuousTransformerWrapper or of bare layers.
  public var embeds: Features?
  /// The input of a ViTransformerWrapper, in place of `embeds`, its patches.
  public var image: Image?
  /// Ids of further embeddings (`embed_num_tokens`), by name.
  public var embedIDs: [String: Tokens] = [:]
  /// A condition for adaptive norms and scales: one position for all tokens, or one each.
  public var condition: Features?
  /// How often a wrapper with `recycling` runs its stack (`recycle_steps`).
  public var recycleCount: Int?
  /// How often a looped wrapper runs its stack, in place of its `max_looped_steps`.
  public var loopCount: Int?
  /// How many tokens in front a PrefixDecoder sees from everywhere.
  public var prefixLength = 0
  /// Whether features are returned in place of logits.
  public var returnsEmbeddings = false

  /// An input without anything yet.
  public init() {}
}

/// What a model gives: values of a shape, row-major float32.
public struct ModelOutput: Sendable {
  /// The values.
  public var values: [Float]
  /// The extents: `[b, n, logits]`, `[heads, b, n, d]` for several heads, `[b, d]` where tokens are pooled.
  public var shape: [Int]
}

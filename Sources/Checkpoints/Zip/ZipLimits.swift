/// What a zip archive may ask of memory, each with its reason.
package enum ZipLimits {
  /// A directory needs about 75 bytes for each record of a torch checkpoint: room for 800,000 storages.
  package static let directoryByteCount = 64 << 20

  /// The largest pickle that is read into memory; real ones stay below 50 MB.
  package static let pickleByteCount = 512_000_000

  /// The same of one that is compressed, and may have cost its writer a hundredth: with all that can be made of it, it
  /// stays below half a gigabyte.
  package static let inflatedPickleByteCount = 200_000_000

  /// Up to here a record that is read into memory may be compressed as well as it likes.
  package static let freeExpansionByteCount = 16 << 20

  /// Above that, how many times smaller the compressed bytes may be.
  ///
  /// Pickles full of names shrink to a twentieth; only a bomb shrinks to a hundredth.
  package static let expansion = 100

  /// What deflate can do at best: 258 bytes from two bits.
  package static let deflateExpansion = 1032

  /// The window through which compressed bytes are read.
  static let inflateWindowByteCount = 64 << 10
}

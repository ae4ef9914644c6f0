import Checkpoints
import TestSupport
import Testing

@testable import CheckpointSurgery

@Suite struct `Vocabularies` {
  private func read(_ text: String) throws -> Vocabulary {
    try Vocabulary.read(Array(text.utf8), file: "vocabulary")
  }

  private func sentence(_ bytes: [UInt8]) -> String? {
    do {
      _ = try Vocabulary.read(bytes, file: "vocabulary")
      return nil
    } catch { return error.sentence }
  }

  /// The canonical bytes of each token, as text.
  private func canonical(_ vocabulary: Vocabulary) -> [String] {
    let tokens = CanonicalTokens(vocabulary)
    return (0..<tokens.count).map { String(decoding: tokens.bytes(at: $0), as: UTF8.self) }
  }

  /// A piece of a SentencePiece model.
  private func piece(_ text: String, type: UInt8? = nil) -> [UInt8] {
    var body: [UInt8] = [0x0A, UInt8(text.utf8.count)] + Array(text.utf8)
    body += [0x15, 0, 0, 0x80, 0xBF]
    if let type { body += [0x18, type] }
    return [0x0A, UInt8(body.count)] + body
  }

  @Test func `are read from tokenizer.json`() throws {
    let bpe = try read(
      #"""
      {"version": "1.0", "added_tokens": [{"id": 3, "content": "<|endoftext|>", "special": true}],
       "pre_tokenizer": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {"a": 0, "Ġa": 1, "Ã©": 2}, "merges": []}}
      """#)
    #expect(bpe.style == .byteLevel)
    #expect(canonical(bpe) == ["a", " a", "é", "<|endoftext|>"])
    #expect(bpe.idsByText()["Ġa"] == 1)
    let unigram = try read(
      #"{"model": {"type": "Unigram", "vocab": [["<unk>", 0], ["▁a", -1.5], ["<0x41>", -2]]}}"#)
    #expect(canonical(unigram) == ["<unk>", " a", "A"])
    let wordPiece = try read(
      ###"{"model": {"type": "WordPiece", "vocab": {"[CLS]": 0, "a": 1, "##b": 2}}}"###)
    #expect(canonical(wordPiece) == ["[CLS]", " a", "b"])
  }

  @Test func `are read from lists`() throws {
    #expect(try canonical(read("[PAD]\na\n##b\n##c\n")) == ["[PAD]", " a", "b", "c"])
    #expect(try canonical(read("{\"a</w>\": 1, \"b\": 0}")) == ["a ", "b"])
    let fairseq = try read("▁the 500\na 20\n")
    #expect(fairseq.idsByText()["▁the"] == 4)
    #expect(canonical(fairseq) == ["<s>", "<pad>", "</s>", "<unk>", " the", "a"])
    let tiktoken = try read("IQ== 0\nIGE= 1\n/w== 2\n")
    #expect(tiktoken.count == 3)
    #expect(CanonicalTokens(tiktoken).bytes(at: 2) == [0xFF])
    #expect(canonical(tiktoken).prefix(2) == ["!", " a"])
  }

  @Test func `are read from SentencePiece models`() throws {
    let bytes = piece("<unk>", type: 2) + piece("▁a") + piece("<0x0A>", type: 6) + [0x12, 1, 0xFF]
    let vocabulary = try Vocabulary.read(bytes, file: "spm")
    #expect(vocabulary.style == .sentencePiece)
    #expect(canonical(vocabulary) == ["<unk>", " a", "\n"])
  }

  @Test func `that are hostile are refused in one sentence`() {
    #expect(sentence([]) == "lists no token")
    #expect(sentence(Array("{".utf8)) == "byte 1: the JSON ends too early")
    #expect(
      sentence(Array(#"{"a": "b"}"#.utf8))
        == "the object: the id of 'a' must be a whole number, not a string")
    #expect(
      sentence(Array(#"{"a": 1, "b": 1}"#.utf8))
        == "token 'b' has the id 1: another token has it too")
    #expect(sentence(Array(#"{"a": -1}"#.utf8)) == "token 'a' has the id -1: ids are 0 to 16777215")
    #expect(sentence(Array(#"{"model": {}}"#.utf8)) == "\"model\" has no \"vocab\"")
    #expect(
      sentence(Array(#"{"\ud800": 1}"#.utf8)) == "byte 2: a \\u escape is half of a surrogate pair")
    #expect(
      sentence([0x80, 0x81, 0x0A]) == """
        is no vocabulary; tokenizer.json, vocab.json, vocab.txt, a SentencePiece model, tiktoken's or fairseq's list was \
        expected
        """)
    #expect(
      sentence(piece("a") + [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07])
        == "byte 16: the SentencePiece model is damaged: 2147483647 bytes were announced and 0 are left"
    )
    #expect(
      sentence(piece("a") + [0x0A, 0x00])
        == "byte 12: the SentencePiece model is damaged: piece 1 has no text")
  }

  /// Cut anywhere, a model is refused or read, and nothing traps.
  @Test func `of SentencePiece may be cut anywhere`() {
    let bytes = piece("<unk>", type: 2) + piece("▁ab") + piece("c", type: 1)
    for count in 0..<bytes.count { _ = sentence(Array(bytes.prefix(count))) }
    for position in bytes.indices {
      for value: UInt8 in [0, 0x7F, 0x80, 0xFF] {
        var broken = bytes
        broken[position] = value
        _ = sentence(broken)
      }
    }
  }

  @Test func `of different kinds have tokens in common`() throws {
    let byteLevel = try read(
      ##"{"model": {"type": "BPE", "vocab": {"Ġthe": 0, "the": 1, "A": 2, "<|endoftext|>": 3, "é": 4}}, "decoder": {"type": "ByteLevel"}}"##
    )
    let pieces = try Vocabulary.read(
      piece("</s>", type: 3) + piece("▁the") + piece("the") + piece("<0x41>", type: 6), file: "spm")
    func pairs(_ match: TokenMatch) throws -> [[Int]] {
      try TokenPairs(matching: byteLevel, to: pieces, by: match).pairs.map {
        [$0.recipient, $0.donor]
      }
    }
    #expect(try pairs(.exact) == [[0, 1], [1, 2], [2, 3]])
    #expect(try pairs(.role) == [[0, 1], [1, 2], [2, 3], [3, 0]])
    #expect(
      throws: SurgeryError.tokenMap(.nothingInCommon, file: "vocabulary and vocabulary", line: nil)
    ) {
      try TokenPairs(matching: self.read("a\nb\n"), to: self.read("c\nd\n"))
    }
  }

  @Test func `of combining characters are compared by bytes`() throws {
    let (a, b) = (try read("e\u{301}\nx\n"), try read("\u{E9}\nx\n"))
    #expect(try TokenPairs(matching: a, to: b).pairs == [.init(recipient: 1, donor: 1)])
  }
}

@Suite struct `Maps of tokens` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func read(_ text: String, vocabulary: String? = nil) throws -> [[Int]] {
    let path = try directory.write(Array(text.utf8), to: "map.tsv")
    let vocabulary = try vocabulary.map { try Vocabulary.read(Array($0.utf8), file: "vocab.txt") }
    return try TokenPairs(contentsOf: path, recipient: vocabulary, donor: vocabulary).pairs.map {
      [$0.recipient, $0.donor]
    }
  }

  private func fault(_ text: String, vocabulary: String? = nil) -> (TokenMapFault, Int?)? {
    do {
      _ = try read(text, vocabulary: vocabulary)
      return nil
    } catch SurgeryError.tokenMap(let fault, file: _, let line) { return (fault, line) } catch {
      return nil
    }
  }

  @Test func `have two columns, by tab or by comma`() throws {
    #expect(try read("# a comment\n1\t2\n\n3, 4\r\n") == [[1, 2], [3, 4]])
    #expect(
      try read("a\tb\n,\ta\n\"7\"\tb\n", vocabulary: "a\nb\n,\n7\n") == [[0, 1], [2, 0], [3, 1]])
  }

  @Test func `are refused with the line`() throws {
    func check(_ text: String, _ expected: TokenMapFault, _ line: Int?, vocabulary: String? = nil) {
      let found = fault(text, vocabulary: vocabulary)
      #expect(found?.0 == expected)
      #expect(found?.1 == line)
    }
    check("1\t2\n3\n", .notAPair, 2)
    check("1,2,3\n", .notAPair, 1)
    check("1\t2\n1\t3\n", .repeated("1", earlierLine: 1), 2)
    check("a\t2\n", .needsVocabulary(.recipient, token: "a"), 1)
    check(
      "1\thelo\n", .unknown(.donor, token: "helo", vocabulary: "vocab.txt", nearest: "hello"), 1,
      vocabulary: "hello\nworld\n")
    check("# nothing\n", .empty, nil)
  }

  @Test func `are ranges of equal length`() throws {
    #expect(
      try TokenPairs(ranges: ["0:2=5:7", "4:5=0:1"]).pairs.map { [$0.recipient, $0.donor] } == [
        [0, 5], [1, 6], [4, 0],
      ])
    #expect(
      throws: SurgeryError.transplant(
        .range("0:2=5:8", reason: "the recipient's rows are 2, and the donor's 3"),
        model: "transplant")
    ) {
      try TokenPairs(ranges: ["0:2=5:8"])
    }
    for text in ["", "1", "0:2", "2:1=0:1", "0:1=0:1=0:1", "-1:0=0:1", "a:b=c:d"] {
      #expect(
        throws: SurgeryError.transplant(
          .range(text, reason: "it is written A:B=C:D, as 0:100=50:150"), model: "transplant")
      ) {
        try TokenPairs(ranges: [text])
      }
    }
  }
}

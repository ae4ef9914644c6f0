internal import Checkpoints
internal import Testing

/// What no pickle may do, each with its exact fault and place.
@Suite struct `Pickle refusals` {
  static let faults: [(opcodes: String, offset: Int, fault: PickleFault)] = [
    ("", 0, .truncated), ("N", 1, .truncated), ("K", 0, .truncated), ("I12", 0, .truncated),
    ("cos\nsystem", 0, .truncated), ("X\u{05}\u{00}\u{00}\u{00}abcd", 0, .truncated),
    ("X\u{FF}\u{FF}\u{FF}\u{FF}abc.", 0, .truncated),
    ("\u{8E}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}a.", 0, .truncated),
    ("\u{8E}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{80}a.", 0, .truncated),
    ("NZ.", 1, .unknownOpcode(0x5A)), ("\u{FF}.", 0, .unknownOpcode(0xFF)),
    ("\u{00}", 0, .unknownOpcode(0)),
    ("\u{80}\u{06}N.", 0, .unsupportedProtocol(6)),
    ("N\u{80}\u{FF}.", 1, .unsupportedProtocol(255)),
    // The stack.
    (".", 0, .stackUnderflow), ("0.", 0, .stackUnderflow), ("2.", 0, .stackUnderflow),
    ("N0.", 2, .stackUnderflow), ("a.", 0, .stackUnderflow), ("]a.", 1, .stackUnderflow),
    ("}Ns.", 2, .stackUnderflow), ("N\u{86}.", 1, .stackUnderflow),
    ("NR.", 1, .wrongTuple("REDUCE", "None")),
    ("q\u{00}.", 0, .stackUnderflow), ("\u{94}.", 0, .stackUnderflow), ("b.", 0, .stackUnderflow),
    ("Q.", 0, .stackUnderflow), ("\u{98}.", 0, .stackUnderflow), ("\u{93}.", 0, .stackUnderflow),
    ("(.", 1, .unexpectedMark), ("N(2.", 2, .unexpectedMark), ("]N(a.", 3, .unexpectedMark),
    ("N(N\u{86}.", 3, .unexpectedMark), ("}N(Ns.", 4, .unexpectedMark),
    ("N(b.", 2, .unexpectedMark),
    ("]((e.", 3, .unexpectedMark), ("N(q\u{00}.", 2, .unexpectedMark),
    ("t.", 0, .missingMark), ("l.", 0, .missingMark), ("d.", 0, .missingMark),
    ("]e.", 1, .missingMark), ("}u.", 1, .missingMark), ("1.", 0, .missingMark),
    ("o.", 0, .missingMark), ("im\nC\n.", 0, .missingMark), ("\u{8F}\u{90}.", 1, .missingMark),
    ("\u{91}.", 0, .missingMark), ("(e.", 1, .stackUnderflow), ("(u.", 1, .stackUnderflow),
    ("(o.", 1, .stackUnderflow),
    ("}(Nu.", 3, .oddItemCount), ("(Nd.", 2, .oddItemCount),
    ("}(NNNu.", 5, .oddItemCount),
    // The memo.
    ("g0\n.", 0, .missingMemo(0)), ("h\u{00}.", 0, .missingMemo(0)),
    ("Np0\ng1\n.", 4, .missingMemo(1)),
    ("j\u{FF}\u{FF}\u{FF}\u{FF}.", 0, .missingMemo(4_294_967_295)),
    ("Np-1\n.", 1, .malformedNumber("-1")), ("Npx\n.", 1, .malformedNumber("x")),
    ("Np\n.", 1, .malformedNumber("")),
    // Frames.
    (
      "\u{80}\u{04}\u{95}\u{03}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}N.", 2,
      .frameTooLong(declared: 3, remaining: 2)
    ),
    (
      "\u{80}\u{04}\u{95}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}N.", 2,
      .frameTooLong(declared: .max, remaining: 2)
    ),
    (
      "\u{80}\u{04}\u{95}\u{02}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}M\u{01}\u{02}.", 11,
      .frameCutsOpcode
    ),
    (
      "\u{80}\u{04}\u{95}\u{02}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}I1\n.", 11,
      .frameCutsOpcode
    ),
    (
      "\u{80}\u{04}\u{95}\u{0B}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}"
        + "\u{95}\u{01}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}N.", 11, .nestedFrame
    ),
    // Arguments.
    ("I\n.", 0, .malformedNumber("")), ("I1.5\n.", 0, .malformedNumber("1.5")),
    ("Iabc\n.", 0, .malformedNumber("abc")),
    ("I08\n.", 0, .malformedNumber("08")), ("I--1\n.", 0, .malformedNumber("--1")),
    ("I1 2\n.", 0, .malformedNumber("1 2")), ("I0x\n.", 0, .malformedNumber("0x")),
    ("LL\n.", 0, .malformedNumber("")), ("L0777L\n.", 0, .malformedNumber("0777")),
    ("L-L\n.", 0, .malformedNumber("-")), ("Fone\n.", 0, .malformedNumber("one")),
    ("F0x1p3\n.", 0, .malformedNumber("0x1p3")), ("F\n.", 0, .malformedNumber("")),
    ("Fnan(1)\n.", 0, .malformedNumber("nan(1)")),
    ("Sabc\n.", 0, .unquotedString), ("S'abc\n.", 0, .unquotedString),
    ("S'\n.", 0, .unquotedString),
    ("S'abc\"\n.", 0, .unquotedString), ("S'\\x4'\n.", 0, .malformedEscape),
    ("S'\\'\n.", 0, .malformedEscape),
    ("S'\\xzz'\n.", 0, .malformedEscape),
    ("V\\u12\n.", 0, .malformedEscape), ("V\\U00110000\n.", 0, .malformedEscape),
    ("V\\uzzzz\n.", 0, .malformedEscape), ("V\\u+123\n.", 0, .malformedEscape),
    ("T\u{FF}\u{FF}\u{FF}\u{FF}.", 0, .negativeLength(-1)),
    ("\u{8B}\u{00}\u{00}\u{00}\u{80}.", 0, .negativeLength(-2_147_483_648)),
    ("c\nC\n.", 0, .malformedGlobal), ("cm\n\n.", 0, .malformedGlobal),
    ("cm\n\u{FF}\n.", 0, .malformedGlobal),
    ("\u{97}.", 0, .outOfBandBuffer),
    // Operands.
    ("cm\nC\n]R.", 6, .wrongTuple("REDUCE", "a list")),
    ("N)R.", 2, .wrongCallee("REDUCE", "None")),
    ("K\u{01})\u{81}.", 3, .wrongCallee("NEWOBJ", "an int")),
    (
      "cm\nC\n)K\u{01}\u{92}.", 8,
      .wrongOperand(opcode: "NEWOBJ_EX", needed: "a dict", found: "an int")
    ),
    ("(No.", 2, .wrongCallee("OBJ", "None")),
    (
      "K\u{01}K\u{02}\u{93}.", 4,
      .wrongOperand(opcode: "STACK_GLOBAL", needed: "two texts", found: "an int")
    ),
    ("NNb.", 2, .wrongOperand(opcode: "BUILD", needed: "an object", found: "None")),
    ("cm\nC\n}b.", 6, .wrongOperand(opcode: "BUILD", needed: "an object", found: "a global")),
    ("}Na.", 2, .cannotHold(kind: "a dict", opcode: "APPENDS")),
    (")Na.", 2, .cannotHold(kind: "a tuple", opcode: "APPENDS")),
    ("]NNs.", 3, .cannotHold(kind: "a list", opcode: "SETITEMS")),
    ("](N\u{90}.", 3, .cannotHold(kind: "a list", opcode: "ADDITEMS")),
    ("U\u{01}xNa.", 4, .cannotHold(kind: "a string", opcode: "APPENDS")),
  ]

  @Test(arguments: faults.indices) func `name the fault and its place`(row: Int) {
    let (opcodes, offset, fault) = Self.faults[row]
    #expect(throws: FormatError(file: "memory", byteOffset: offset, .pickle(fault))) {
      try graph(pickle(opcodes))
    }
  }

  @Test func `count offsets from the start of the file`() {
    #expect(throws: FormatError(file: "memory", byteOffset: 105, .pickle(.unknownOpcode(0x5A)))) {
      try PickleMachine.run(
        pickle("NN.NNZ."), startingAt: 3, file: "memory", fileOffset: 100)
    }
  }

  @Test func `leave None, True and () alone`() {
    for opcodes in ["N", "\u{88}", ")"] {
      #expect(throws: FormatError.self) { try graph(pickle("\(opcodes)K\u{01}a.")) }
      #expect(throws: FormatError.self) { try graph(pickle("\(opcodes)K\u{01}K\u{02}s.")) }
      #expect(throws: FormatError.self) { try graph(pickle("\(opcodes)K\u{01}b.")) }
    }
  }
}

extension PickleFault {
  fileprivate static func wrongTuple(_ opcode: String, _ found: String) -> PickleFault {
    .wrongOperand(opcode: opcode, needed: "a tuple", found: found)
  }

  fileprivate static func wrongCallee(_ opcode: String, _ found: String) -> PickleFault {
    .wrongOperand(opcode: opcode, needed: "a class or function", found: found)
  }
}

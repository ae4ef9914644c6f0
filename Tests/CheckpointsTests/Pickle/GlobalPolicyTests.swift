internal import Checkpoints
internal import TestSupport
internal import Testing

@Suite struct `Global policy` {
  static let dangerous = [
    "os system", "posix system", "nt system", "sys exit", "subprocess Popen", "pty spawn",
    "socket create_connection",
    "ssl get_server_certificate", "shutil rmtree", "runpy run_path", "ctypes CDLL", "marshal loads",
    "types FunctionType", "types CodeType", "code interact", "codeop compile_command",
    "importlib import_module",
    "pkgutil resolve_name", "pickle loads", "_pickle loads", "cPickle loads", "dill loads",
    "cloudpickle loads",
    "builtins eval", "builtins exec", "builtins compile", "builtins open", "builtins __import__",
    "builtins breakpoint", "builtins map", "builtins vars", "builtins globals", "builtins print",
    "__builtin__ eval", "__builtin__ apply", "__builtin__ file", "__builtin__ reduce",
    "operator attrgetter",
    "operator methodcaller", "_operator itemgetter", "webbrowser open", "asyncio run",
    "asyncio.unix_events _UnixSubprocessTransport._start", "multiprocessing.popen_fork Popen",
    "timeit timeit",
    "pdb run", "bdb Bdb", "cProfile run", "cProfile runctx", "profile Profile.runctx",
    "trace Trace.run",
    "doctest debug_script", "pydoc pipepager", "pip main", "pip._internal.cli.main main",
    "ensurepip _run_pip",
    "venv create", "idlelib.pyshell ModifiedInterpreter.runcommand",
    "lib2to3.pgen2.grammar Grammar.loads",
    "distutils.spawn spawn", "setuptools._distutils.spawn spawn",
    "numpy.distutils.exec_command exec_command",
    "urllib.request urlopen", "urllib2 urlopen", "http.client HTTPSConnection", "requests.api get",
    "six.moves.builtins eval", "torch.serialization load", "torch load", "torch.hub load",
    "torch.hub download_url_to_file", "torch.jit.unsupported_tensor_ops execWrapper",
    "torch hub.load",
    "torch _utils.os.system", "torch.nn.modules.module os.system", "collections _sys.exit",
    "m f.__globals__",
    "m C.__init__.__globals__", "m A.__subclasses__", "commands getoutput",
    "numpy.testing._private.utils runstring",
    "joblib load", "functools reduce", "uuid _get_command_stdout", "io open",
    "logging.config listen",
    "copyreg add_extension", "builtins object.__reduce_ex__",
  ]

  static let harmless = [
    "torch._utils _rebuild_tensor_v2", "torch FloatStorage", "torch.storage UntypedStorage",
    "torch float16",
    "torch.storage _load_from_bytes", "torch.jit._pickle build_intlist",
    "torch.serialization _get_layout",
    "torch._tensor _rebuild_from_type_v2", "torch.nn.parameter Parameter",
    "torch.nn.modules.linear Linear",
    "torch.distributed.checkpoint.metadata Metadata",
    "torch.multiprocessing.reductions rebuild_tensor",
    "collections OrderedDict", "collections defaultdict", "collections Counter",
    "collections deque",
    "__builtin__ set", "__builtin__ frozenset", "__builtin__ complex", "__builtin__ slice",
    "__builtin__ xrange",
    "__builtin__ bytearray", "__builtin__ long", "__builtin__ unicode", "__builtin__ object",

    "builtins list", "builtins dict", "builtins ValueError", "exceptions ValueError",
    "_codecs encode",
    "copy_reg _reconstructor", "copyreg __newobj__", "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray scalar", "numpy ndarray", "numpy dtype",
    "numpy._core.numeric _frombuffer",
    "numpy.random._pickle __randomstate_ctor", "numpy.random._pickle __bit_generator_ctor",
    "numpy.dtypes Float64DType", "argparse Namespace", "pathlib PosixPath", "pathlib WindowsPath",
    "datetime datetime", "datetime timedelta", "uuid UUID", "decimal Decimal", "fractions Fraction",
    "functools partial", "types SimpleNamespace", "omegaconf.dictconfig DictConfig",
    "omegaconf.nodes AnyNode",
    "omegaconf.base ContainerMetadata", "typing Any", "enum Enum", "re _compile",
    "pytorch_lightning.callbacks.model_checkpoint ModelCheckpoint",
    "lightning.fabric.utilities.types _Stateful", "lightning.pytorch.trainer.states TrainerFn",
    "transformers.training_args TrainingArguments", "transformers.trainer_utils IntervalStrategy",
    "accelerate.state PartialState", "deepspeed.runtime.fp16.loss_scaler LossScaler",
    "ray.train.torch.config TorchConfig", "pandas.core.frame DataFrame",
    "pandas._libs.internals _unpickle_block",
    "sklearn.preprocessing._data StandardScaler", "fastai.learner Recorder",
    "models.yolo DetectionModel",
    "ultralytics.nn.tasks DetectionModel", "__main__ Net", "__main__ Config.Optimizer",
    "__torch__ Module",
    "__torch__.torch.nn.modules.linear.___torch_mangle_0 Linear", "models.ssl SimCLR",
    "code.models Net",
    "mypackage.types Batch", "mypackage.http Client", "mypackage.socket_utils Codec",
    "_io BytesIO", "io StringIO",
    "opossum system",
    "os_utils Thing", "built builtins_", "src.pickle.tools Reader",
  ]

  private func graph(naming global: String) throws(FormatError) -> PickleGraph {
    let parts = global.split(separator: " ")
    return try CheckpointsTests.graph(pickle("\u{80}\u{02}c\(parts[0])\n\(parts[1])\n."))
  }

  @Test(arguments: dangerous) func `refuses what only attacks name`(global: String) {
    #expect {
      try graph(naming: global)
    } throws: { error in
      guard let error = error as? FormatError, case .pickle(.dangerousGlobal) = error.fault else {
        return false
      }
      return error.isSafetyRefusal && error.byteOffset == 2 && error.code == "DangerousGlobal"
    }
  }

  @Test(arguments: harmless) func `passes what checkpoints hold`(global: String) throws {
    #expect(try graph(naming: global).globals.count == 1)
  }

  @Test func `says what, where, and how to read on`() {
    let error = FormatError(
      file: "a.pt", byteOffset: 66, .pickle(.dangerousGlobal(module: "os", name: "system")))
    #expect(
      error.description == """
        a.pt (byte 66): the pickle names os.system, by which a file can run programs in whatever loads \
        it with Python. Nothing was run. To read its tensors all the same, use --allow-globals
        """)
  }

  @Test(arguments: [
    "cos\nsystem\n(S'true'\ntR.", "(S'true'\nios\nsystem\n.", "(cos\nsystem\nS'true'\no.",
    "\u{80}\u{02}cos\nsystem\n)\u{81}.", "\u{80}\u{04}\u{8C}\u{02}os\u{8C}\u{06}system\u{93})R.",
    "cos\nsystem\n0N.", "cm\nC\n)Rcos\nsystem\nb.", "}cos\nsystem\nNs.", "cos\nsystem\n",
    "cos\nsystem\nZ",
  ])
  func `refuses a dangerous global wherever it stands`(opcodes: String) {
    #expect {
      try CheckpointsTests.graph(pickle(opcodes))
    } throws: { ($0 as? FormatError)?.isSafetyRefusal == true }
  }

  @Test func `reads on where it is told to`() throws {
    let graph = try CheckpointsTests.graph(pickle("cos\nsystem\n(S'true'\ntR."), policy: .readAll)
    #expect(PickleRendering.text(graph) == "call<os.system (bytes:74727565)>")
    #expect(graph.globals.map(\.module) == ["os"])
  }

  @Test(arguments: ["\u{82}\u{05}", "\u{83}\u{05}\u{00}", "\u{84}\u{05}\u{00}\u{00}\u{00}"])
  func `refuses globals by number`(opcode: String) throws {
    let bytes = pickle("\u{80}\u{02}\(opcode).")
    #expect(throws: FormatError(file: "memory", byteOffset: 2, .pickle(.extensionCode(5)))) {
      try CheckpointsTests.graph(bytes)
    }
    let graph = try CheckpointsTests.graph(bytes, policy: .readAll)
    #expect(PickleRendering.text(graph) == "copyreg.extension 5")
  }
}

/// `getattr`, by which protocols below 4 name nested classes, and attacks everything.
@Suite struct `Attributes in pickles` {
  private let getattr = "c__builtin__\ngetattr\n"

  @Test func `name a nested class like a dotted global`() throws {
    let old = try graph(pickle("\(getattr)cm\nA\nX\u{01}\u{00}\u{00}\u{00}B\u{86}R."))
    let new = try graph(pickle("\u{80}\u{04}\u{8C}\u{01}m\u{8C}\u{03}A.B\u{93}."))
    for graph in [old, new] {
      let global = try #require(graph.global(graph.root))
      #expect("\(global.module) \(global.name)" == "m A.B")
      #expect(graph.globals.contains { $0.module == "m" && $0.name == "A.B" })
    }
  }

  static let uses = [
    // Attributes that lead elsewhere.
    "cm\nA\nX\u{02}\u{00}\u{00}\u{00}os\u{86}R.",
    "cm\nA\nX\u{08}\u{00}\u{00}\u{00}__dict__\u{86}R.",
    "cm\nA\nX\u{0B}\u{00}\u{00}\u{00}__globals__\u{86}R.",
    // Attributes of results.
    "cm\nA\n)RX\u{01}\u{00}\u{00}\u{00}B\u{86}R.",
    // With a default, with no text, with too little.
    "(cm\nA\nX\u{01}\u{00}\u{00}\u{00}BNtR.", "cm\nA\nN\u{86}R.", "cm\nA\n\u{85}R.", ")R.",
    // Handed on: as the value, to a call, into containers, as a state, as a persistent id.
    ".", "\u{85}.", "Q.", "q\u{00}0]h\u{00}a.",
    "q\u{00}0cm\nf\nh\u{00}\u{85}R.",
    "q\u{00}0}h\u{00}Ns.", "q\u{00}0cm\nC\n)Rh\u{00}b.", ")\u{81}.",
  ]

  @Test(arguments: uses) func `are refused in every other use`(opcodes: String) {
    let bytes = pickle("\u{80}\u{02}\(getattr)\(opcodes)")
    #expect {
      try graph(bytes)
    } throws: { error in
      (error as? FormatError)?.isSafetyRefusal == true
    }
  }

  @Test func `have type for the class of None alone`() throws {
    let graph = try graph(pickle("\u{80}\u{02}c__builtin__\ntype\nN\u{85}R."))
    #expect(PickleRendering.text(graph) == "call<builtins.type (None)>")
    for opcodes in [".", "(Va\n)}tR.", "cm\nC\n\u{85}R.", "\u{85}.", ")\u{81}."] {
      #expect {
        try CheckpointsTests.graph(pickle("\u{80}\u{02}c__builtin__\ntype\n\(opcodes)"))
      } throws: { ($0 as? FormatError)?.isSafetyRefusal == true }
    }
  }

  @Test func `of attributes are followed a few steps only`() throws {
    var opcodes = "cm\nA\n"
    for _ in 0..<9 {
      opcodes = "\(getattr)\(opcodes)X\u{01}\u{00}\u{00}\u{00}B\u{86}R"
    }
    #expect {
      try graph(pickle("\u{80}\u{02}\(opcodes)."))
    } throws: { ($0 as? FormatError)?.isSafetyRefusal == true }
  }
}

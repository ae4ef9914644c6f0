/// The names behind `GlobalPolicy`.
extension GlobalPolicy {
  /// Harmless wherever they stand: the value types of modules that are dangerous otherwise.
  static let harmless: [String: Set<String>] = [
    "builtins": valueTypes,
    "__builtin__": valueTypes,
    "exceptions": exceptions,
    // Bytes in memory: TransformerEngine keeps each module's `_extra_state` so.
    "_io": memoryStreams,
    "io": memoryStreams,
    "types": ["SimpleNamespace", "MappingProxyType", "GenericAlias", "UnionType"],
    // What Python writes for objects in protocols 0 and 1, and for classes with keyword arguments.
    "copyreg": ["_reconstructor", "__newobj__", "__newobj_ex__"],
    "copy_reg": ["_reconstructor", "__newobj__", "__newobj_ex__"],
  ]

  // `getattr` and `type` are here because the machine itself looks at each of their calls.
  private static let valueTypes: Set<String> = exceptions.union([
    "getattr",
    "object", "type", "bool", "int", "long", "float", "complex", "str", "unicode", "basestring",
    "bytes", "bytearray", "memoryview", "tuple", "list", "dict", "set", "frozenset", "slice",
    "range", "xrange", "Ellipsis", "NotImplemented", "property", "staticmethod", "classmethod",
  ])

  private static let memoryStreams: Set<String> = ["BytesIO", "StringIO"]

  private static let exceptions: Set<String> = [
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BlockingIOError",
    "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError",
    "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError",
    "ConnectionResetError", "DeprecationWarning", "EOFError", "EnvironmentError", "Exception",
    "FileExistsError", "FileNotFoundError", "FloatingPointError", "FutureWarning",
    "GeneratorExit", "IOError", "ImportError", "ImportWarning", "IndentationError",
    "IndexError", "InterruptedError", "IsADirectoryError", "KeyError", "KeyboardInterrupt",
    "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError",
    "NotImplementedError", "OSError", "OverflowError", "PendingDeprecationWarning",
    "PermissionError", "ProcessLookupError", "RecursionError", "ReferenceError",
    "ResourceWarning", "RuntimeError", "RuntimeWarning", "StandardError", "StopAsyncIteration",
    "StopIteration", "SyntaxError", "SyntaxWarning", "SystemError", "SystemExit", "TabError",
    "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeDecodeError",
    "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError", "UnicodeWarning",
    "UserWarning", "ValueError", "Warning", "ZeroDivisionError",
  ]

  /// Words that name a dangerous module wherever they stand in a path, for nobody calls a module of
  /// their own so, and some packages carry a copy (`six.moves.builtins`, `numpy.distutils`).
  static let anywhere: Set<String> = [
    "os", "posix", "sys", "subprocess", "pty", "shutil", "runpy", "ctypes", "_ctypes", "marshal",
    "importlib", "_frozen_importlib", "_frozen_importlib_external", "pkgutil", "builtins",
    "__builtin__", "__builtins__", "webbrowser", "distutils", "_distutils", "urllib", "pip",
  ]

  /// Dangerous packages and modules, by their first component: further down the same words are
  /// ordinary (`torch.jit._pickle`, `numpy.random._pickle`, `models.ssl`, `torch.multiprocessing`).
  static let packages: Set<String> = [
    "nt", "_posixsubprocess", "socket", "_socket", "socketserver", "SocketServer", "ssl", "_ssl",
    "codeop", "imp", "zipimport", "pickle", "_pickle", "cPickle", "dill", "cloudpickle",
    "operator", "_operator", "asyncio", "multiprocessing", "_multiprocessing", "pdb", "bdb",
    "cProfile", "doctest", "pydoc", "pydoc_data", "ensurepip", "venv", "idlelib", "lib2to3",
    "http", "httplib", "urllib2", "requests", "aiohttp", "ftplib", "smtplib", "telnetlib",
    "poplib", "imaplib", "nntplib", "xmlrpc", "xmlrpclib", "commands", "popen2", "signal",
    "_signal", "_thread", "thread", "threading", "gc", "inspect", "sysconfig", "site", "cgitb",
    "winreg", "_winreg", "_winapi", "msvcrt", "faulthandler", "_io", "tempfile", "fileinput",
    "linecache", "ptpython", "IPython", "setuptools", "pkg_resources", "cffi", "_cffi_backend",
    "paramiko", "fabric", "pexpect", "sh", "plumbum", "invoke", "jsonpickle",
  ]

  /// Modules of the standard library that are one file, whose names others give to folders of their own.
  static let singleModules: Set<String> = [
    "types", "code", "timeit", "profile", "trace", "io",
  ]

  /// Modules, with all below them, that run or load what they are given.
  static let harmfulModules: Set<String> = [
    "torch.hub", "torch.utils.cpp_extension", "torch.utils.bottleneck", "torch.utils.collect_env",
    "torch.utils._config_module", "torch.jit.unsupported_tensor_ops", "torch._inductor.codecache",
    "torch._dynamo.guards", "torch.distributed.run", "torch.distributed.launch",
    "torch.distributed.elastic", "torch.fx.experimental.symbolic_shapes",
    "numpy.f2py", "numpy.testing", "numpy.ctypeslib", "pandas.io.pickle",
    "test.support", "logging.config", "unittest.mock",
  ]

  /// Single functions of modules that are harmless otherwise.
  static let harmful: [String: Set<String>] = [
    "torch": ["load", "hub"],
    "torch.serialization": ["load", "_load", "_legacy_load"],
    "torch.jit": ["load"],
    "torch.package": ["PackageImporter"],
    "numpy": ["load", "fromfile", "loadtxt", "genfromtxt", "memmap"],
    "numpy.lib.npyio": ["load", "NpzFile"],
    "numpy.lib.format": ["read_array"],
    "joblib": ["load"],
    "joblib.numpy_pickle": ["load", "load_temporary_memmap", "_unpickle"],
    "pandas": ["read_pickle", "eval"],
    "functools": ["reduce"],
    "uuid": ["_get_command_stdout", "_popen"],
    "copyreg": ["add_extension", "constructor", "pickle"],
    "platform": ["popen", "_syscmd_file", "_syscmd_ver"],
    "collections": ["_sys", "_eq"],
  ]

  /// Attributes by which everything else can be reached.
  static let machinery: Set<String> = [
    "__import__", "__loader__", "__spec__", "__dict__", "__globals__", "__getattribute__",
    "__subclasses__", "__code__", "__reduce__", "__reduce_ex__", "f_globals", "f_builtins",
    "gi_frame", "exec_module", "load_module", "_load_global_deps",
  ]
}

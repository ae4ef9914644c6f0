#if canImport(Glibc)
internal import Glibc
#endif

/// Where the process begins and ends.
@main
enum Program {
  static func main() {
    Signals.install()
    let status = Session(words: Array(CommandLine.arguments.dropFirst())).run()
    exit(status.rawValue)
  }
}

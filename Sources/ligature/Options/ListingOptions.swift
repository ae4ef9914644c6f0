internal import ArgumentParser

/// How long a listing is.
struct ListingOptions: ParsableArguments {
  @Flag(help: "List every tensor; without it repeated layers are folded into one line.")
  var all = false
}

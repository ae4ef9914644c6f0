// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Types of this package return spans of their own storage (`LazyTensor` tiles, byte readers).
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "Ligature",
  products: [
    .library(name: "TensorStorage", targets: ["TensorStorage"]),
    .library(name: "Checkpoints", targets: ["Checkpoints"]),
    .library(name: "TransformerGraph", targets: ["TransformerGraph"]),
    .library(name: "TransformerInference", targets: ["TransformerInference"]),
    .library(name: "CheckpointSurgery", targets: ["CheckpointSurgery"]),
    .executable(name: "ligature", targets: ["ligature"]),
  ],
  dependencies: [
    // Words into commands, `--help`, shell completion. The executable only.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // SHA-256 of tensors, for `hash` (BoringSSL's: it uses the processor's SHA instructions).
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    // YAML, for recipes: CheckpointSurgery only, so that programs which use the library can carry out a recipe too.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CLinux"),

    // Opens Debian's libopenblas0 (installed by tools/setup) when a model is first run.
    .target(name: "COpenBLAS"),

    // The ladder, lowest first
    .target(
      name: "TensorStorage", dependencies: ["CKernels", "CLinux"], swiftSettings: settings),
    .target(
      name: "Checkpoints",
      dependencies: [
        "TensorStorage", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .target(
      name: "TransformerGraph", dependencies: ["Checkpoints", "TensorStorage"],
      swiftSettings: settings),
    .target(
      name: "TransformerInference",
      dependencies: ["TransformerGraph", "Checkpoints", "TensorStorage", "CKernels", "COpenBLAS"],
      swiftSettings: settings),

    .target(
      name: "CheckpointSurgery",
      dependencies: [
        "TransformerGraph", "Checkpoints", "TensorStorage", "COpenBLAS",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings),

    // The tool
    .executableTarget(
      name: "ligature",
      dependencies: [
        "CheckpointSurgery",
        "TransformerInference",
        "TransformerGraph",
        "Checkpoints",
        "TensorStorage",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // Tests
    .target(
      name: "TestSupport",
      dependencies: [
        "Checkpoints", "TensorStorage", .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "TensorStorageTests", dependencies: ["TensorStorage", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "TensorStorage", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "TransformerGraphTests",
      dependencies: ["TransformerGraph", "Checkpoints", "TensorStorage", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "TransformerInferenceTests",
      dependencies: [
        "TransformerInference", "TransformerGraph", "Checkpoints", "TensorStorage", "CKernels",
        "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CheckpointSurgeryTests",
      dependencies: [
        "CheckpointSurgery", "TransformerInference", "TransformerGraph", "Checkpoints",
        "TensorStorage", "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CommandLineTests", dependencies: ["Checkpoints", "TensorStorage", "TestSupport"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.0
// The Swift binding under test, for make bench.

import PackageDescription

let package = Package(
    name: "SwiftClient",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "matrix-capi", path: "../../bindings/swift")],
    targets: [
        .executableTarget(
            name: "SwiftClient", dependencies: [.product(name: "Matrix", package: "matrix-capi")])
    ]
)

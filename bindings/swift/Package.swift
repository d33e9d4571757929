// swift-tools-version: 6.0
// The Swift package of matrix-capi: the library's C header as the module CMatrix, and Matrix on top of it.

import Foundation
import PackageDescription

// On Apple's platforms, what xcframework.sh has made; elsewhere the installed library, which pkg-config finds.
let framework = "CMatrix.xcframework"
let library: Target =
    FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(framework)")
    ? .binaryTarget(name: "CMatrix", path: framework)
    : .systemLibrary(name: "CMatrix", pkgConfig: "matrix-capi")

let package = Package(
    name: "matrix-capi",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "Matrix", targets: ["Matrix"])],
    targets: [
        library,
        .target(name: "Matrix", dependencies: ["CMatrix"]),
        .testTarget(name: "MatrixTests", dependencies: ["Matrix"]),
    ],
    swiftLanguageModes: [.v6]
)

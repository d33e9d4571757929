// Where test.sh says that the servers of the tests are.

import Foundation
import Matrix

enum Fixtures {
    /// The folder of the whole project.
    static let project = URL(fileURLWithPath: #filePath).pathComponents.dropLast(6).joined(separator: "/").dropFirst()

    /// What the scripted server said when it was ready: its ports.
    static let scripted = said("MX_SCRIPTED")
    /// What the homeserver said when it was ready: its address.
    static let homeserver = said("MX_HOMESERVER")

    static func variable(_ name: String) -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else {
            fatalError("there is no \(name): these tests are run by bindings/swift/test.sh")
        }
        return value
    }

    static func text(of path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private static func said(_ name: String) -> JSON {
        guard let said = try? JSONDecoder().decode(JSON.self, from: Data(variable(name).utf8)) else {
            fatalError("\(name) is not JSON")
        }
        return said
    }
}

/// Waits until it is so; says whether it became so in time.
func eventually(seconds: Double = 60, _ isSo: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while try await !isSo() {
        if ContinuousClock.now > end { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}

struct Failed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

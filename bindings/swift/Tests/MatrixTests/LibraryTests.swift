// Proves what concerns the whole process: version, secrets, log; and the JSON that goes in and comes out.

import Foundation
import XCTest

@testable import Matrix

final class LibraryTests: MatrixTestCase {
    func testTheVersionIsThatOfTheProject() throws {
        let manifest = try Fixtures.text(of: "\(Fixtures.project)/Cargo.toml")
        XCTAssertTrue(manifest.contains("\nversion = \"\(MatrixLibrary.version)\"\n"), MatrixLibrary.version)
    }

    func testAClientSecretIsLongAndNew() throws {
        let secrets = try Set((0..<100).map { _ in try MatrixLibrary.generateClientSecret() })
        XCTAssertEqual(secrets.count, 100)
        for secret in secrets { XCTAssertEqual(secret.count, 43) }
    }

    func testTheLogHasALineForEachAnswerAndNoSecret() async throws {
        let lines = Locked<[String]>([])
        try MatrixLibrary.setLog(.debug) { _, line in lines.withLock { $0.append(line) } }
        let script = try Script([["json": ["sid": "abc"]]])
        // When the last client is gone, all lines have been written.
        try await Client(script.url).askForMail(clientSecret: "very.secret")
        try MatrixLibrary.setLog(.debug, to: nil)
        let logged = lines.withLock { $0 }
        XCTAssertTrue(logged.contains { $0.contains("requestTokenToResetPasswordEmail") }, "\(logged)")
        XCTAssertFalse(logged.contains { $0.contains("very.secret") || $0.contains("alice") })
        try await Client(script.url).askForMail()
        XCTAssertEqual(lines.withLock { $0 }, logged, "the log is silent again")
    }

    func testALogLevelLeavesOutWhatMattersLess() async throws {
        let levels = Locked<Set<Int32>>([])
        try MatrixLibrary.setLog(.error) { level, _ in levels.withLock { _ = $0.insert(level.rawValue) } }
        let script = try Script([["json": ["sid": "abc"]]])
        try await Client(script.url).askForMail()
        try MatrixLibrary.setLog(.error, to: nil)
        XCTAssertEqual(levels.withLock { $0 }, [])
    }

    func testAWrongLogLevelIsRefused() {
        XCTAssertThrowsError(try MatrixLibrary.setLog(.init(rawValue: 99)) { _, _ in })
    }

    func testAnAnswerIsDecodedIntoOnesOwnType() async throws {
        struct Token: Decodable, Equatable {
            let sid: String
            let count: Int
            let yes: Bool
        }
        let script = try Script([["json": ["sid": "abc", "count": -7, "yes": true, "a/b": ["x", 2]]]])
        let answer = try await Client(script.url).askForMail()
        XCTAssertEqual(try answer.decode(), Token(sid: "abc", count: -7, yes: true))
        XCTAssertEqual(answer.int("/count"), -7)
        XCTAssertEqual(answer.bool("/yes"), true)
        XCTAssertEqual(answer.int("/a~1b/1"), 2)
        XCTAssertEqual(try answer.json["a/b"]?[0], "x")
        XCTAssertNil(answer.string("/count"))
        XCTAssertNil(answer.int("/sid"))
        XCTAssertNil(answer.string("/sid\0"))
        XCTAssertNil(try answer.json["a/b"]?[2])
    }

    func testJSONIsWrittenSoThatAnyReaderReadsTheSame() throws {
        let values: [JSON] = [
            .null, true, false, 0, -1, .integer(.max), .integer(.min), 1.5, -2e-7, 1e300, "",
            "plain", "é 😀 \u{2028}", "\"\\/\u{0}\u{1}\u{1F}\n\t\u{7F}", [], [1, [.null], "a"], [:],
            ["a": ["b": [1, 2.5, "c"]], "\"": "\\", "": .null],
        ]
        for value in values {
            let read = try JSONDecoder().decode(JSON.self, from: Data(value.text.utf8))
            XCTAssertEqual(read, value, value.text)
            let encoded = try JSONEncoder().encode(value)
            XCTAssertEqual(try JSONDecoder().decode(JSON.self, from: encoded), value)
        }
    }

    func testATimeIsRoundedUpToWholeMilliseconds() {
        XCTAssertEqual(Duration.microseconds(1).wholeMilliseconds, 1)
        XCTAssertEqual(Duration.milliseconds(1500).wholeMilliseconds, 1500)
        XCTAssertEqual(Duration.zero.wholeMilliseconds, 0)
        XCTAssertEqual(Duration.seconds(-2).wholeMilliseconds, -2000)
        XCTAssertNil(Duration.seconds(Int64.max).wholeMilliseconds)
    }
}

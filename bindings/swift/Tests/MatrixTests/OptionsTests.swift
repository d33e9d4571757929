// Proves that each option reaches the library, and that a wrong one is refused with the library's words.

import Foundation
import Matrix
import XCTest

final class OptionsTests: MatrixTestCase {
    private let answer: [JSON] = [["json": ["sid": "abc", "user_id": "@a:b", "versions": []]]]

    func testTheUserAgentAndTheAccessTokenTravel() async throws {
        let script = try Script(answer)
        let client = try Client(
            script.url, options: .init(userAgent: "an app", accessToken: "the.first.token"))
        try await client.getTokenOwner()
        try client.setAccessToken("the.second.token")
        try await client.getTokenOwner()
        try client.setAccessToken(nil)
        try await client.getVersions()
        let requests = try script.state().requests
        XCTAssertEqual(requests.map { $0.header("user-agent") }, ["an app", "an app", "an app"])
        XCTAssertEqual(
            requests.map { $0.header("authorization") },
            ["Bearer the.first.token", "Bearer the.second.token", nil])
    }

    func testTheTimeoutEndsACall() async throws {
        let script = try Script([["hang": true]])
        let client = try Client(script.url, options: .init(timeout: .milliseconds(50)))
        let error = try await error { try await client.askForMail() }
        XCTAssertEqual(error.status, .deadline)
    }

    func testRetriesAreCounted() async throws {
        let script = try Script([["accept": "reset"]])
        let client = try Client(
            script.url, options: .init(maxRetries: 3, retryDelay: .microseconds(1)))
        let error = try await error { try await client.getVersions() }
        XCTAssertEqual(error.status, .connect)
        XCTAssertEqual(try script.state().requests.count, 4)
    }

    func testARateLimitIsWaitedOutOnlyIfItIsShort() async throws {
        for (wait, requests) in [(Duration.zero, 1), (.seconds(1), 2)] {
            let script = try Script([
                ["status": 429, "json": ["errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 10]],
                ["json": ["sid": "abc"]],
            ])
            let client = try Client(script.url, options: .init(maxRateLimitWait: wait))
            let outcome = try await Outcome { try await client.askForMail() }
            XCTAssertEqual(outcome.status, requests == 1 ? "MX_ERR_MATRIX" : "MX_OK")
            XCTAssertEqual(try script.state().requests.count, requests)
        }
    }

    func testALargeAnswerIsNotTaken() async throws {
        let script = try Script(answer)
        let client = try Client(script.url, options: .init(maxResponseBytes: 10))
        let error = try await error { try await client.askForMail() }
        XCTAssertEqual(error.status, .badResponse)
    }

    func testConnectionsAreKeptOnlyIfTheyMayBe() async throws {
        for (idle, connections) in [(0, 2), (1, 1)] {
            let script = try Script(answer)
            let client = try Client(
                script.url, options: .init(maxIdleConnections: idle, idleTimeout: .seconds(600)))
            try await client.askForMail()
            try await client.askForMail()
            let used = Set(try script.state().requests.map { $0["connection"] })
            XCTAssertEqual(used.count, connections, "\(idle) idle connections")
        }
    }

    func testEverythingGoesToTheProxy() async throws {
        let nobody = try Socket()
        let client = try Client(
            "http://matrix.example",
            options: .init(
                proxy: "http://127.0.0.1:\(nobody.port)", maxRetries: 0, allowPlainHTTP: true))
        let error = try await error { try await client.getVersions() }
        XCTAssertEqual(error.status, .connect)
    }

    func testPlainHTTPToOtherMachinesMustBeAllowed() throws {
        XCTAssertThrowsError(try Client("http://matrix.example")) {
            XCTAssertEqual(($0 as? MatrixError)?.status, .invalidArgument)
        }
        _ = try Client("http://matrix.example", options: .init(allowPlainHTTP: true))
    }

    func testAPrivateAuthorityIsTrustedOnlyIfItIsGiven() async throws {
        let script = try Script(answer)
        let authority = try Fixtures.text(of: Fixtures.variable("MX_SCRIPTED_CA"))
        let trusting = try Client(
            script.secureURL, options: .init(rootPEMs: [authority], bundledRoots: true))
        let trusted = try await trusting.askForMail()
        XCTAssertEqual(trusted.string("/sid"), "abc")
        let other = try Client(script.secureURL, options: .init(bundledRoots: true))
        let error = try await error { try await other.askForMail() }
        XCTAssertEqual(error.status, .tls)
    }

    func testAWrongValueIsRefusedWithItsName() throws {
        let wrong: [(String, ClientOptions)] = [
            ("timeout_ms", .init(timeout: .zero)),
            ("connect_timeout_ms", .init(connectTimeout: .zero)),
            ("idle_timeout_ms", .init(idleTimeout: .zero)),
            ("max_response_bytes", .init(maxResponseBytes: 0)),
            ("user_agent", .init(userAgent: "é")),
            ("access_token", .init(accessToken: "a token")),
            ("proxy", .init(proxy: "not a proxy")),
            ("pem", .init(rootPEMs: ["no certificate"])),
            ("timeout", .init(timeout: .seconds(-1))),
            ("retryDelay", .init(retryDelay: .seconds(5_000_000))),
            ("maxRateLimitWait", .init(maxRateLimitWait: .seconds(Int64.max))),
            ("maxRetries", .init(maxRetries: -1)),
            ("maxIdleConnections", .init(maxIdleConnections: 1 << 32)),
        ]
        for (name, options) in wrong {
            XCTAssertThrowsError(try Client("https://matrix.example", options: options), name) {
                guard let error = $0 as? MatrixError else { return XCTFail("\($0)") }
                XCTAssertEqual(error.status, .invalidArgument, name)
                XCTAssertTrue(error.message.contains(name), "\(name): \(error.message)")
            }
        }
    }

    func testGivingMemoryBackLeavesCallsAsTheyAre() async throws {
        let script = try Script(answer)
        let client = try Client(script.url, options: .init(mallocTrim: true))
        let mail = try await client.askForMail()
        XCTAssertEqual(mail.string("/sid"), "abc")
    }

    func testAWrongAddressIsRefused() {
        XCTAssertThrowsError(try Client("matrix.example")) {
            XCTAssertEqual(($0 as? MatrixError)?.status, .invalidArgument)
        }
    }
}

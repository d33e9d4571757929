// Proves what an error says, and that each kind can be caught by its own name.

import Foundation
import XCTest

@testable import Matrix

final class ErrorTests: MatrixTestCase {
    func testAnErrorCarriesErrcodeStatusDelayAndBody() async throws {
        let script = try Script([
            [
                "status": 429, "headers": ["Retry-After": "120"],
                "json": ["errcode": "M_LIMIT_EXCEEDED", "error": "Too fast", "retry_after_ms": 5],
            ]
        ])
        let client = try Client(script.url)
        do {
            try await client.askForMail()
            XCTFail("nothing was thrown")
        } catch MatrixError.matrix(let details) where details.errcode == "M_LIMIT_EXCEEDED" {
            XCTAssertEqual(details.httpStatus, 429)
            XCTAssertEqual(details.retryAfter, .seconds(120))
            XCTAssertEqual(details.status.description, "MX_ERR_MATRIX")
            XCTAssertEqual(details.answer?.string("/error"), "Too fast")
            XCTAssertEqual(try details.answer?.json["retry_after_ms"]?.int, 5)
            XCTAssertFalse(details.message.isEmpty)
        }
    }

    func testAnErrorWithoutAnAnswerSaysSo() async throws {
        let nobody = try Socket()
        let client = try Client("http://127.0.0.1:\(nobody.port)", options: .init(maxRetries: 0))
        let error = try await error { try await client.getVersions() }
        guard case .connect = error else { return XCTFail("\(error)") }
        XCTAssertNil(error.httpStatus)
        XCTAssertNil(error.errcode)
        XCTAssertNil(error.retryAfter)
        XCTAssertNil(error.answer)
        XCTAssertEqual(error.localizedDescription, "MX_ERR_CONNECT: \(error.message)")
    }

    func testALostAnswerIsAnUnknownOutcome() async throws {
        let script = try Script([["accept": "reset"]])
        let client = try Client(script.url, options: .init(accessToken: "a.token"))
        do {
            try await client.changePassword(newPassword: "a new password", logoutDevices: false)
            XCTFail("nothing was thrown")
        } catch MatrixError.unknownOutcome(let details) {
            XCTAssertFalse(details.message.contains("a new password"))
        }
    }

    func testAnInvalidValueGetsTheLibrarysMessage() async throws {
        let script = try Script([["json": ["sid": "abc"]]])
        let client = try Client(script.url)
        let error = try await error { try await client.askForMail(clientSecret: "é") }
        guard case .invalidArgument = error else { return XCTFail("\(error)") }
        XCTAssertTrue(error.message.contains("client_secret"), error.message)
        XCTAssertEqual(try script.state().requests, [])
    }

    func testAnUnknownOperationIsInvalid() async throws {
        let client = try Client("https://matrix.example")
        let error = try await error { try await client.call("getNothing") }
        guard case .invalidArgument = error else { return XCTFail("\(error)") }
        XCTAssertTrue(error.message.contains("getNothing"), error.message)
    }

    func testTextWithANulIsRefusedInsteadOfCut() async throws {
        let script = try Script([["json": ["sid": "abc"]]])
        let client = try Client(script.url)
        let reset = try PasswordReset(client, email: "alice@example.test")
        let cut = "ab\0cd"
        let refused: [(String, @Sendable () async throws -> Void)] = [
            ("homeserver", { _ = try Client("https://matrix.example\0.evil.example") }),
            ("accessToken", { _ = try Client(script.url, options: .init(accessToken: cut)) }),
            ("userAgent", { _ = try Client(script.url, options: .init(userAgent: cut)) }),
            ("proxy", { _ = try Client(script.url, options: .init(proxy: cut)) }),
            ("rootPEMs", { _ = try Client(script.url, options: .init(rootPEMs: [cut])) }),
            ("accessToken", { try client.setAccessToken(cut) }),
            ("operationId", { try await client.call("getVersions\0") }),
            ("paramsText", { try await client.call("getVersions", paramsText: "{}\0") }),
            ("client_secret", { try await client.askForMail(clientSecret: cut) }),
            ("email", { _ = try PasswordReset(client, email: "alice@example.test\0") }),
            ("nextLink", { _ = try PasswordReset(client, email: "alice@example.test", nextLink: cut) }),
            ("saved", { _ = try PasswordReset(client, restoring: cut) }),
            ("server", { _ = try await Client.discover("127.0.0.1\0") }),
            (
                "token",
                {
                    try await client.submitToken(
                        submitURL: script.url, sid: "a", clientSecret: "b", token: cut)
                }
            ),
        ]
        for (name, call) in refused {
            let error = try await error(of: call)
            XCTAssertEqual(error.status, .invalidArgument, name)
            XCTAssertTrue(error.message.contains(name), "\(name): \(error.message)")
        }
        try await reset.send()
        let error = try await error { try await reset.finish(newPassword: cut, logoutDevices: true) }
        XCTAssertEqual(error.message, "newPassword holds U+0000")
        let mails = try script.state().requests.filter { $0["method"] == "POST" }
        XCTAssertEqual(mails.count, 1, "the one that was asked for without U+0000")
    }

    func testAMisuseSaysWhatIsWrong() async throws {
        let client = try Client("https://matrix.example")
        let reset = try PasswordReset(client, email: "alice@example.test")
        let error = try await error { try await reset.finish(newPassword: "new", logoutDevices: true) }
        guard case .misuse = error else { return XCTFail("\(error)") }
        XCTAssertFalse(error.message.isEmpty)
    }

    func testAStatusOfALaterLibraryIsAnErrorToo() {
        let error = MatrixError(Status(rawValue: 9999), "from the future")
        guard case .unknown(let details) = error else { return XCTFail("\(error)") }
        XCTAssertEqual(details.message, "from the future")
    }

    func testAnErrorOutlivesItsClient() async throws {
        let script = try Script([["status": 403, "json": ["errcode": "M_FORBIDDEN", "error": "No"]]])
        let error = try await error { try await Client(script.url).askForMail() }
        XCTAssertEqual(error.answer?.string("/error"), "No")
    }
}

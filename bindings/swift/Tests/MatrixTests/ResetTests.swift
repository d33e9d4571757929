// Proves the whole reset against a real Synapse, and by script what Synapse does not do.

import Matrix
import XCTest

final class ResetTests: MatrixTestCase {
    func testAForgottenPasswordIsResetThroughTheMailedLink() async throws {
        let person = try Homeserver.Person()
        let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
        XCTAssertEqual(reset.stage, .new)
        try await reset.send()
        XCTAssertEqual(reset.stage, .awaitsLink)

        let early = try await error {
            try await reset.finish(newPassword: "the second password", logoutDevices: true)
        }
        guard case .pending = early else { return XCTFail("\(early)") }

        try person.confirm()
        try await reset.finish(newPassword: "the second password", logoutDevices: true)
        XCTAssertEqual(reset.stage, .done)
        try await person.logIn(with: "the second password")
        let old = try await error { try await person.logIn(with: person.password) }
        XCTAssertEqual(old.errcode, "M_FORBIDDEN")
        XCTAssertEqual(old.httpStatus, 403)
    }

    func testTheConfirmationIsWaitedFor() async throws {
        let person = try Homeserver.Person()
        let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
        try await reset.send()
        async let finished = reset.finish(
            newPassword: "the second password", logoutDevices: false, wait: .seconds(60))
        try person.confirm()
        _ = try await finished
        XCTAssertEqual(reset.stage, .done)
        try await person.logIn(with: "the second password")
    }

    func testASavedResetGoesOnInAnotherClient() async throws {
        let person = try Homeserver.Person()
        let saved = try await {
            let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
            try await reset.send()
            return try reset.save()
        }()
        try person.confirm()
        let reset = try PasswordReset(Client(Homeserver.url), restoring: saved)
        XCTAssertEqual(reset.stage, .awaitsLink)
        try await reset.finish(newPassword: "the second password", logoutDevices: true)
        try await person.logIn(with: "the second password")
    }

    func testWhatIsNoSavedResetIsRefused() throws {
        let client = try Client(Homeserver.url)
        XCTAssertThrowsError(try PasswordReset(client, restoring: "{}")) {
            XCTAssertEqual(($0 as? MatrixError)?.status, .invalidArgument)
        }
    }

    func testAnotherMailCanBeAskedFor() async throws {
        let person = try Homeserver.Person()
        let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
        try await reset.send()
        try await reset.send()
        try person.confirm(mail: 2)
        try await reset.finish(newPassword: "the second password", logoutDevices: true)
        try await person.logIn(with: "the second password")
    }

    func testCancellingTheTaskEndsTheWaitForTheConfirmation() async throws {
        let person = try Homeserver.Person()
        let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
        try await reset.send()
        let finishing = Task {
            try await reset.finish(newPassword: "new", logoutDevices: true, wait: .seconds(20))
        }
        try await Task.sleep(for: .milliseconds(500))
        finishing.cancel()
        let ended = await finishing.result
        XCTAssertThrowsError(try ended.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
        XCTAssertEqual(reset.stage, .awaitsLink)
    }

    func testATokenIsHandedInWhereTheServerWantsItTyped() async throws {
        let script = try Script([["json": ["success": true]]])
        let mailing = try Script([["json": ["sid": "abc", "submit_url": .string("\(script.url)/submit")]]])
        let reset = try PasswordReset(Client(mailing.url), email: "alice@example.test")
        try await reset.send()
        XCTAssertEqual(reset.stage, .awaitsToken)
        try await reset.submitToken("123456")
        XCTAssertEqual(reset.stage, .confirmed)
        let request = try script.state().requests[0]
        XCTAssertEqual(request["path"]?.string, "/submit")
        XCTAssertTrue(request["body"]!.string!.contains("\"123456\""))
    }

    func testATokenCanBeHandedInWithoutAReset() async throws {
        let script = try Script([
            ["status": 400, "json": ["errcode": "M_TOKEN_INCORRECT", "error": "No"]], ["json": ["success": true]],
        ])
        let client = try Client(script.url)
        let submit: @Sendable () async throws -> Answer = {
            try await client.submitToken(
                submitURL: "\(script.url)/submit", sid: "abc", clientSecret: "a.secret", token: "1")
        }
        let error = try await error { try await submit() }
        XCTAssertEqual(error.errcode, "M_TOKEN_INCORRECT")
        let accepted = try await submit()
        XCTAssertEqual(accepted.bool("/success"), true)
    }

    func testAServerWhoseAccountsLiveOnTheWebIsItsOwnError() async throws {
        let script = try Script([
            [
                "json": [
                    "issuer": "https://auth.example/",
                    "account_management_uri": "https://auth.example/account",
                ]
            ]
        ])
        let reset = try PasswordReset(Client(script.url), email: "alice@example.test")
        do {
            try await reset.send()
            XCTFail("nothing was thrown")
        } catch MatrixError.webRequired(let details) {
            XCTAssertEqual(details.accountManagementURI, "https://auth.example/account")
        }
    }

    func testAHomeserverIsFoundByItsAddress() async throws {
        let found = try await Client.discover(Homeserver.url)
        try await Client(found.baseURL).getVersions()
        XCTAssertEqual(found.reset, .email)
        XCTAssertTrue(found.versions.contains("v1.11"), "\(found.versions)")
        XCTAssertNil(found.accountManagementURI)
    }

    func testWhatIsNoServerIsNotDiscovered() async throws {
        let error = try await error { try await Client.discover("not a server") }
        XCTAssertEqual(error.status, .invalidArgument)
    }
}

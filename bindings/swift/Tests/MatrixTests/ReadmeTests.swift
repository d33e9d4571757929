// Proves that the examples of README.md are those that are compiled here, and that they work with a real Synapse.

import Foundation
import Matrix
import XCTest

final class ReadmeTests: MatrixTestCase {
    func testEveryExampleOfTheReadmeIsCompiledHere() throws {
        let folder = "\(Fixtures.project)/bindings/swift"
        let examples = try Fixtures.text(of: "\(folder)/Tests/MatrixTests/ReadmeExamples.swift")
        let readme = try Fixtures.text(of: "\(folder)/README.md")
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
        // test.sh makes an app of the first two, the manifest and the program.
        let functions = blocks.filter { $0.hasPrefix("func ") }
        XCTAssertEqual(blocks.count, functions.count + 2)
        for block in functions {
            XCTAssertTrue(examples.contains("\n\(block)"), block)
        }
        XCTAssertEqual(functions.count, examples.components(separatedBy: "\nfunc ").count - 1)
    }

    func testTheWholeResetWorks() async throws {
        let person = try Homeserver.Person()
        async let done: Void = resetPassword(
            on: Homeserver.url, email: person.email, newPassword: "the second password",
            logoutDevices: true)
        try person.confirm()
        try await done
        let welcome = await logIn(person.name, "the second password", on: Homeserver.url)
        XCTAssertEqual(welcome, "Welcome, @\(person.name):localhost")
    }

    func testRoomsAreMadeAndListedWithTheirNames() async throws {
        let person = try Homeserver.Person()
        let client = try Client(Homeserver.url)
        let login = try await client.login(
            type: "m.login.password", identifier: ["type": "m.id.user", "user": .string(person.name)],
            password: person.password)
        try client.setAccessToken(login.accessToken)
        let room = try await createRoom("Room \"1\"", on: client)
        XCTAssertEqual(room?.first, "!")
        _ = try await createRoom("é", on: client)
        let both = try await roomNames(on: client)
        XCTAssertEqual(Set(both), ["Room \"1\"", "é"])
    }

    func testAResetThatWasSavedIsResumed() async throws {
        let person = try Homeserver.Person()
        let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
        try await reset.send()
        try person.confirm()
        let stage = try await resumeReset(
            reset.save(), on: Homeserver.url, newPassword: "the second password")
        XCTAssertEqual(stage, .done)
    }

    func testEachErrorIsToldInItsOwnWords() async throws {
        let person = try Homeserver.Person()
        let wrong = await logIn(person.name, "not the password", on: Homeserver.url)
        XCTAssertEqual(wrong, "Wrong name or password")
        let nobody = try Socket()
        let unreachable = await logIn(person.name, "any", on: "http://127.0.0.1:\(nobody.port)")
        XCTAssertEqual(unreachable, "The server cannot be reached")

        let reset = try PasswordReset(Client(Homeserver.url), email: person.email)
        try await reset.send()
        let early = try await finish(reset, newPassword: "the second password")
        XCTAssertEqual(early, "Please follow the link in the mail first")
        let cancelled = await waitForever(reset, newPassword: "the second password")
        XCTAssertEqual(cancelled, "cancelled")
        try person.confirm()
        let finished = try await finish(reset, newPassword: "the second password")
        XCTAssertEqual(finished, "Your password has been changed")
    }
}

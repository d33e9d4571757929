// Proves that each typed method sends what the same operation sends by its name, with every parameter.

import Foundation
import Matrix
import XCTest

final class TypedOperationTests: MatrixTestCase {
    func testEveryTypedMethodSendsEveryParameterUnderItsName() async throws {
        // Refused, so that the answer need not be right.
        let script = try Script([["status": 403, "json": ["errcode": "M_FORBIDDEN", "error": "No"]]])
        let client = try Client(script.url, options: .init(accessToken: "a.token"))
        for (number, (id, types)) in typedOperations.enumerated() {
            let params = sample(types)
            let byName = try await error { try await client.call(id, params) }
            let byMethod = try await error { try await callTyped(client, id, params) }
            XCTAssertEqual(byName.status, .matrix, "\(id): \(byName)")
            XCTAssertEqual(byMethod.status, .matrix, "\(id): \(byMethod)")

            let requests = try script.state().requests.dropFirst(2 * number)
            guard let first = requests.first, let second = requests.last, requests.count == 2 else {
                return XCTFail("\(id): \(requests)")
            }
            XCTAssertEqual(first["method"], second["method"], id)
            XCTAssertEqual(first["path"], second["path"], id)
            XCTAssertEqual(try values(first), try values(second), id)
        }
    }

    func testAnOptionalParameterThatIsNotGivenIsLeftOut() async throws {
        let script = try Script([["json": ["access_token": "a", "user_id": "@a:b"]]])
        try await Client(script.url).login(type: "m.login.password")
        XCTAssertEqual(try values(script.state().requests[0]), ["type": "m.login.password"])
    }

    func testATypedAnswerHasItsMembers() async throws {
        let script = try Script([
            ["json": ["access_token": "a", "user_id": "@a:b", "well_known": ["m.homeserver": ["base_url": "c"]]]],
            ["json": ["versions": ["v1.1", "v1.2"]]],
        ])
        let client = try Client(script.url)
        let login = try await client.login(type: "m.login.password")
        XCTAssertEqual(login.accessToken, "a")
        XCTAssertEqual(login.userID, "@a:b")
        XCTAssertNil(login.deviceID)
        XCTAssertEqual(login.answer.string("/well_known/m.homeserver/base_url"), "c")
        let versions = try await client.getVersions()
        XCTAssertEqual(versions.versions, ["v1.1", "v1.2"])
    }

    /// A value for each field that its grammar allows.
    private func sample(_ types: [String: String]) -> JSON {
        let special: [String: JSON] = [
            "country": "GB", "email": "alice@example.test", "kind": "user", "medium": "email",
            "next_link": "https://app.example/",
        ]
        let general: [String: JSON] = [
            "string": "some.text", "integer": 7, "boolean": true, "object": ["a": ["b", 1]], "array": ["a", 1],
        ]
        return .object(
            types.reduce(into: [:]) { members, field in members[field.key] = special[field.key] ?? general[field.value] })
    }

    /// What was sent, in the query and in the body.
    private func values(_ request: JSON) throws -> [String: JSON] {
        let query = URLComponents(string: "?\(request["query"]?.string ?? "")")?.queryItems ?? []
        let body = request["body"]?.string ?? ""
        let members = body.isEmpty ? [:] : try JSONDecoder().decode([String: JSON].self, from: Data(body.utf8))
        return query.filter { !$0.name.isEmpty }
            .reduce(into: members) { $0[$1.name] = .string($1.value ?? "") }
    }
}

// Proves what travels where, what is refused, and that endpoints of the application's own are reached.

import Foundation
import Matrix
import XCTest

final class RequestTests: MatrixTestCase {
    func testAnOperationsFieldsTravelWithTheirTypes() async throws {
        let script = try Script([["json": ["access_token": "a", "user_id": "@a:b"]]])
        let none: String? = nil
        var login = Request("login")
        login.set("type", "m.login.password")
        login.set("identifier", ["type": "m.id.user", "user": "alice"])
        login.set("password", "pass\"w\\ord")
        login.set("device_id", none)
        login.set("refresh_token", true)
        login.set("org.example.int", 7)
        login.set("org.example.double", 0.5)
        login.set("org.example.null", .null)
        login.set("org.example.nul", "a\0b")
        login.set("org.example.strings", ["a", "b"])
        login.set("org.example.mixed", ["a", 1, .null])
        login.set("org.example.object", JSON.object([:]))
        try await Client(script.url).send(login)
        let request = try onlyRequest(script)
        XCTAssertEqual(request["path"], "/_matrix/client/v3/login")
        XCTAssertEqual(
            try body(request),
            [
                "type": "m.login.password",
                "identifier": ["type": "m.id.user", "user": "alice"],
                "password": "pass\"w\\ord",
                "refresh_token": true,
                "org.example.int": 7,
                "org.example.double": 0.5,
                "org.example.null": .null,
                "org.example.nul": "a\0b",
                "org.example.strings": ["a", "b"],
                "org.example.mixed": ["a", 1, .null],
                "org.example.object": [:],
            ])
    }

    func testAPathOfOnesOwnHasFieldsInPathAndQuery() async throws {
        let script = try Script([["body": "no JSON", "status": 202, "headers": ["Content-Type": "text/x", "ETag": "1"]]])
        let client = try Client(script.url, options: .init(accessToken: "a.token"))
        var request = Request.custom(
            method: "GET", path: "/_matrix/client/unstable/org.example/{roomId}/x?dir={dir}")
        request.set("roomId", "!a/b:hs")
        request.set("dir", "b")
        request.set("via", ["one", "two&three"])
        request.set("limit", 10)
        request.set("org.matrix.msc4222.use_state_after", true)
        let answer = try await client.send(request)
        XCTAssertEqual(answer.httpStatus, 202)
        XCTAssertEqual(answer.body, Data("no JSON".utf8))
        XCTAssertEqual(answer.header("content-type"), "text/x")
        XCTAssertEqual(answer.header("ETAG"), "1")
        XCTAssertNil(answer.header("location"))
        XCTAssertNil(answer.header("content-length"))
        XCTAssertNil(answer.json(at: ""))
        XCTAssertThrowsError(try answer.json) {
            XCTAssertEqual(($0 as? MatrixError)?.status, .badResponse)
        }
        let sent = try onlyRequest(script)
        XCTAssertEqual(sent["method"], "GET")
        XCTAssertEqual(sent["path"], "/_matrix/client/unstable/org.example/%21a%2Fb%3Ahs/x")
        XCTAssertEqual(
            sent["query"],
            "dir=b&via=one&via=two%26three&limit=10&org.matrix.msc4222.use_state_after=true")
        XCTAssertEqual(sent.header("authorization"), "Bearer a.token")
    }

    func testTheFieldBodyIsTheWholeBody() async throws {
        let script = try Script([["json": [:]]])
        let client = try Client(script.url)
        var request = Request.custom(method: "PUT", path: "/_matrix/client/v3/x/{txnId}")
        request.set("txnId", "1")
        request.set("body", [1, 2.5])
        try await client.send(request)
        XCTAssertEqual(try onlyRequest(script)["body"], "[1,2.5]")
        request.set("other", 1)
        let sent = request
        let error = try await error { try await client.send(sent) }
        XCTAssertTrue(error.message.contains("other has no place beside body"), error.message)
    }

    func testADottedNameGoesIntoTheQueryOfAGet() async throws {
        let script = try Script([["json": ["versions": []]]])
        var request = Request("getVersions")
        request.set("org.example.x", "a b")
        try await Client(script.url).send(request)
        XCTAssertEqual(try onlyRequest(script)["query"], "org.example.x=a%20b")
    }

    func testARequestIsSentAgainAndChangedWhileItsCallsRun() async throws {
        let script = try Script([["json": [:], "delay_ms": 200]])
        let client = try Client(script.url)
        var request = Request.custom(method: "POST", path: "/_matrix/client/v3/x")
        request.set("number", 1)
        request.set("gone", "later")
        let first = request
        request.set("number", 2)
        request.unset("gone")
        let second = request
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for one in [first, second, second] { group.addTask { try await client.send(one) } }
            for try await answer in group { XCTAssertEqual(try answer.json, [:]) }
        }
        let bodies = try script.state().requests.map(body)
        XCTAssertEqual(bodies.filter { $0 == ["number": 1, "gone": "later"] }.count, 1)
        XCTAssertEqual(bodies.filter { $0 == ["number": 2] }.count, 2)
    }

    func testARequestsOwnTimeoutEndsItAndOnlyIt() async throws {
        let script = try Script([["hang": true], ["json": ["versions": []], "delay_ms": 500]])
        let client = try Client(script.url)
        var request = Request("getVersions")
        request.timeout = .milliseconds(100)
        let late = request
        let error = try await error { try await client.send(late) }
        guard case .deadline = error else { return XCTFail("\(error)") }
        request.timeout = nil
        try await client.send(request)
    }

    func testCancellingTheTaskEndsTheRequest() async throws {
        let script = try Script([["hang": true]])
        let client = try Client(script.url)
        let sending = Task { try await client.send(Request("getVersions")) }
        try await script.waitForRequests(1)
        sending.cancel()
        let ended = await sending.result
        XCTAssertThrowsError(try ended.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
    }

    func testWhatAnOperationDoesNotAllowIsRefusedInClearWords() async throws {
        let client = try Client("http://127.0.0.1:1")
        func refusal(_ request: Request, _ change: (inout Request) -> Void = { _ in }) async throws -> String {
            var changed = request
            change(&changed)
            let sent = changed
            let error = try await error { try await client.send(sent) }
            XCTAssertEqual(error.status, .invalidArgument)
            return error.message
        }
        let login = Request("login")
        let get = Request.custom(method: "GET", path: "/_matrix/{id}")
        let found: [(String, String)] = [
            (
                try await refusal(login) { $0.set("pasword", "x") },
                "login: there is no parameter pasword; there are type, identifier, password"
            ),
            (try await refusal(login) { $0.set("password", 7) }, "login: password must be of type string, not integer"),
            (try await refusal(login) { $0.set("identifier", .null) }, "login: type is missing"),
            (try await refusal(login) { $0.set("org.a", Double.nan) }, "org.a must be a finite number"),
            (try await refusal(login) { $0.set("org.a\0", 1) }, "a field's name holds U+0000"),
            (try await refusal(login) { $0.timeout = .zero }, "timeout: 0.0 seconds is not in 1..."),
            (try await refusal(login) { $0.timeout = .seconds(5_000_000) }, "is not in 1..."),
            (try await refusal(Request("noSuchOperation")), "noSuchOperation"),
            (
                try await refusal(Request.custom(method: "PATCH", path: "/_matrix/x")),
                "method must be GET, POST, PUT or DELETE"
            ),
            (try await refusal(Request.custom(method: "GET", path: "/x")), "path must begin with /_matrix/"),
            (try await refusal(get), "id is missing"),
            (try await refusal(get) { $0.set("id", "..") }, "id must not be"),
            (try await refusal(get) { $0.set("q", .null) }, "q must not be of type null"),
        ]
        for (message, part) in found { XCTAssertTrue(message.contains(part), "\(part): \(message)") }
    }

    func testNoValueOfARequestIsPrinted() {
        var request = Request("login")
        request.set("type", "m.login.password")
        request.set("password", "hunter2")
        var dumped = ""
        dump(request, to: &dumped)
        XCTAssertEqual("\(request)", "login(type, password)")
        XCTAssertFalse("\(String(reflecting: request)) \(dumped)".contains("hunter2"), dumped)
        XCTAssertEqual(
            "\(Request.custom(method: "GET", path: "/_matrix/{id}"))", "GET /_matrix/{id}()")
    }

    func testTheURLOfARequestIsForABrowser() throws {
        let script = try Script([["json": [:]]])
        let client = try Client(script.url)
        var redirect = Request.custom(method: "GET", path: "/_matrix/client/v3/login/sso/redirect/{idpId}")
        redirect.set("idpId", "a/b")
        redirect.set("redirectUrl", "app://done?x=1")
        XCTAssertEqual(
            try redirect.url(client: client),
            "\(script.url)/_matrix/client/v3/login/sso/redirect/a%2Fb?redirectUrl=app%3A%2F%2Fdone%3Fx%3D1")
        XCTAssertThrowsError(try Request("login").url(client: client)) {
            XCTAssertEqual(($0 as? MatrixError)?.status, .invalidArgument)
        }
        XCTAssertEqual(try script.state().requests, [])
    }

    func testAnAnswerIsReadInDepth() async throws {
        let text = #"""
            {"null": null, "bool": false, "int": -7, "double": 1.5, "huge": 1e400, "text": "\u00e9\ud800",
            "a/b": {"c~d": [1, [2, {"": "x\u0000y"}]]}, "twice": 1, "twice": 2, "9": []}
            """#
        let script = try Script([["body": .string(text)]])
        let answer = try await Client(script.url).send(.custom(method: "GET", path: "/_matrix/client/x"))
        XCTAssertEqual(
            try answer.json,
            [
                "null": .null, "bool": false, "int": -7, "double": 1.5, "huge": .number(.infinity),
                "text": "é\u{FFFD}", "a/b": ["c~d": [1, [2, ["": "x\0y"]]]], "twice": 2, "9": [],
            ])
        XCTAssertEqual(answer.json(at: "/a~1b/c~0d/1"), [2, ["": "x\0y"]])
        XCTAssertEqual(answer.json(at: "/null"), .null)
        XCTAssertEqual(answer.json(at: "/int")?.double, -7)
        XCTAssertEqual(answer.json(at: "/double")?.double, 1.5)
        XCTAssertNil(answer.json(at: "/huge")?.double)
        XCTAssertNil(answer.json(at: "/none"))
        XCTAssertNil(answer.string("/a~1b/c~0d/1/1/"))
    }

    private func onlyRequest(_ script: Script) throws -> JSON {
        let requests = try script.state().requests
        XCTAssertEqual(requests.count, 1)
        return requests[0]
    }

    private func body(_ request: JSON) throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: Data((request["body"]?.string ?? "").utf8))
    }
}

// A script of the server in tests/scripted, which answers rightly or in any wrong way.

import Foundation
import Matrix

/// A script, forgotten by the server when nobody holds it any more.
final class Script: Sendable {
    private let name = "swift-\(UUID().uuidString)"

    /// - Parameter text: a JSON array of replies, as the server documents them
    init(text: String) throws {
        try control("PUT", text)
    }

    convenience init(_ replies: [JSON]) throws {
        try self.init(text: JSON.array(replies).text)
    }

    deinit {
        _ = try? control("DELETE")
    }

    var url: String { "http://127.0.0.1:\(Fixtures.scripted["port"]!.int!)/\(name)" }

    var secureURL: String { "https://127.0.0.1:\(Fixtures.scripted["tls_port"]!.int!)/\(name)" }

    /// What it has been asked.
    struct State {
        let requests: [JSON]
        let closedEarly: Int
    }

    func state() throws -> State {
        let state = try JSONDecoder().decode(JSON.self, from: control("GET"))
        guard let requests = state["requests"]?.array, let closed = state["closed_early"]?.int else {
            throw Failed("the scripted server said \(state)")
        }
        return State(requests: requests, closedEarly: closed)
    }

    func waitForRequests(_ count: Int) async throws {
        guard try await eventually({ try state().requests.count >= count }) else {
            throw Failed("\(count) requests never arrived")
        }
    }

    @discardableResult
    private func control(_ method: String, _ body: String = "") throws -> Data {
        let socket = try Socket(port: Fixtures.scripted["port"]!.int!)
        try socket.send(
            "\(method) /_control/\(name) HTTP/1.1\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)")
        let answer = try socket.readAnswer()
        guard answer.status.hasPrefix("200 ") else {
            throw Failed("\(method): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return answer.body
    }
}

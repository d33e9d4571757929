// The real Synapse of tests/homeserver, which takes orders by two pipes that test.sh has made.

import Foundation

@testable import Matrix

enum Homeserver {
    static let url = Fixtures.homeserver["base_url"]!.string!

    private static let pipes = Locked(Pipes())

    /// One order and its answer, as tests/homeserver/homeserver.py lists them.
    @discardableResult
    static func order(_ order: JSON) throws -> JSON {
        let answer = try pipes.withLock { try $0.order(order.text) }
        if let error = answer["error"] { throw Failed("\(order): \(error)") }
        return answer
    }

    /// A person with an account and an address.
    struct Person {
        let name: String
        let password = "the first password"

        var email: String { "\(name)@example.test" }

        init() throws {
            name = "swift-\(UUID().uuidString.lowercased())"
            try Homeserver.order([
                "cmd": "register", "localpart": .string(name), "password": .string(password),
                "email": .string(email),
            ])
        }

        /// Follows the link in the count-th mail and confirms.
        func confirm(mail count: Int = 1) throws {
            let answer = try Homeserver.order([
                "cmd": "wait_mail", "to": .string(email), "count": .integer(Int64(count)),
            ])
            guard let link = answer["mails"]?[count - 1]?["links"]?[0] else {
                throw Failed("no link in \(answer)")
            }
            let confirmed = try Homeserver.order(["cmd": "confirm", "link": link])
            guard confirmed["status"]?.int == 200 else { throw Failed("\(confirmed)") }
        }

        func logIn(with password: String) async throws {
            let client = try Client(Homeserver.url)
            try await client.login(
                type: "m.login.password", identifier: ["type": "m.id.user", "user": .string(name)],
                password: password)
        }
    }

    private struct Pipes: Sendable {
        private let orders = open(Fixtures.variable("MX_HOMESERVER_ORDERS"), O_WRONLY)
        private let answers = open(Fixtures.variable("MX_HOMESERVER_ANSWERS"), O_RDONLY)

        func order(_ order: String) throws -> JSON {
            let line = Data((order + "\n").utf8)
            guard line.withUnsafeBytes({ write(orders, $0.baseAddress, $0.count) }) == line.count else {
                throw Failed("write: \(String(cString: strerror(errno)))")
            }
            var answer = Data()
            var byte: UInt8 = 0
            while byte != UInt8(ascii: "\n") {
                guard read(answers, &byte, 1) == 1 else { throw Failed("the homeserver is gone") }
                answer.append(byte)
            }
            return try JSONDecoder().decode(JSON.self, from: answer)
        }
    }
}

// One case of tests/contract, as tests/contract/README.md defines it.

import Foundation
import Matrix

struct Case: Sendable {
    let json: JSON
    /// The server's replies as they are written: the order of their members is the order in which they are sent.
    let server: String

    static func all(of file: String) throws -> [Case] {
        let text = try Fixtures.text(of: "\(Fixtures.project)/tests/contract/\(file).json")
        return try parts(of: text[...]).map { text in
            let json = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
            let server = parts(of: text).first { $0.hasPrefix("\"server\":") }
            return Case(json: json, server: String(server?.dropFirst("\"server\":".count) ?? ""))
        }
    }

    /// The texts of the elements of an array, or of the members of an object.
    private static func parts(of text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var (depth, isString, isEscaped) = (0, false, false)
        var start = text.startIndex
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            if isString {
                if byte == UInt8(ascii: "\""), !isEscaped { isString = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                continue
            }
            let isOpening = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{")
            let isClosing = byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
            if byte == UInt8(ascii: "\"") { isString = true }
            if depth == 1, isClosing || byte == UInt8(ascii: ",") {
                parts.append(text[start..<index].trimmingPrefix(while: \.isWhitespace))
                start = text.utf8.index(after: index)
            }
            if isOpening { depth += 1 } else if isClosing { depth -= 1 }
            if isOpening, depth == 1 { start = text.utf8.index(after: index) }
        }
        return parts
    }

    var name: String { json["name"]!.string! }
    var expect: JSON { json["expect"]! }
    var isRefusedConnection: Bool { json["server"]?.string == "refused" }

    func options() throws -> ClientOptions {
        var options = ClientOptions()
        for (name, value) in json["options"]?.object ?? [:] {
            switch name {
            case "timeout_ms": options.timeout = .milliseconds(value.int!)
            case "connect_timeout_ms": options.connectTimeout = .milliseconds(value.int!)
            case "user_agent": options.userAgent = value.string!
            case "access_token": options.accessToken = value.string!
            case "proxy": options.proxy = value.string!
            case "max_retries": options.maxRetries = value.int!
            case "retry_delay_ms": options.retryDelay = .milliseconds(value.int!)
            case "max_rate_limit_wait_ms": options.maxRateLimitWait = .milliseconds(value.int!)
            case "max_response_bytes": options.maxResponseBytes = value.int!
            case "max_idle_connections": options.maxIdleConnections = value.int!
            case "idle_timeout_ms": options.idleTimeout = .milliseconds(value.int!)
            case "allow_plain_http": options.allowPlainHTTP = value.bool!
            default: throw Failed("there is no option \(name)")
            }
        }
        return options
    }
}

/// How a call ended.
struct Outcome {
    var status = "MX_OK"
    var httpStatus = 0
    var errcode: String?
    var retryAfter: Duration?
    var message = ""
    var answer: Answer?

    init(of call: () async throws -> Answer) async throws {
        do {
            let answer = try await call()
            self.answer = answer
            httpStatus = answer.httpStatus
        } catch let error as MatrixError {
            status = error.status.description
            httpStatus = error.httpStatus ?? 0
            errcode = error.errcode
            retryAfter = error.retryAfter
            message = error.message
            answer = error.answer
        } catch is CancellationError {
            status = "MX_ERR_CANCELLED"
        }
    }

    /// By the names of the table.
    var members: [String: JSON] {
        let milliseconds = retryAfter.map { $0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000 }
        return [
            "status": .string(status),
            "http_status": .integer(Int64(httpStatus)),
            "errcode": errcode.map(JSON.string) ?? .null,
            "retry_after_ms": milliseconds.map(JSON.integer) ?? .null,
            "json": answer.map { .string(String(decoding: $0.body, as: UTF8.self)) } ?? .null,
        ]
    }
}

// Any operation with its fields, and endpoints that the library does not know.

import CMatrix

/// An operation with its fields, for ``Client/send(_:)``. It is a value: copy it, change it, send it as often as you like.
///
/// A field has the spec's name, wherever it travels: in the path, the query or the body. Names with a dot, of vendors and of
/// proposals (MSCs), are taken by every operation. Where the spec leaves the whole body open, it is the field `body`.
///
/// What the operation does not allow is refused when the request is sent, by ``MatrixError/invalidArgument(_:)``, whose message
/// says why: no such field, a wrong type, a value outside its grammar, a field that is missing.
public struct Request: Sendable {
    private enum Endpoint: Sendable {
        case operation(String)
        case custom(method: String, path: String)
    }

    private struct Field: Sendable {
        let name: String
        var value: JSON

        func set(in request: OpaquePointer) throws {
            try withText("a field's name", name) { name in
                switch value {
                case .bool(let value): try check(mx_request_set_bool(request, name, value))
                case .integer(let value): try check(mx_request_set_int(request, name, value))
                case .number(let value): try check(mx_request_set_double(request, name, value))
                case .string(let text) where !text.utf8.contains(0):
                    try check(mx_request_set_string(request, name, text))
                // Also a string with U+0000, which only JSON can hold.
                default: try check(mx_request_set_json(request, name, value.text))
                }
            }
        }
    }

    private let endpoint: Endpoint
    private var fields: [Field] = []

    /// How long the whole call may take, in place of the client's timeout; nil is the client's.
    public var timeout: Duration?

    /// A request without fields.
    ///
    /// - Parameter operationId: the spec's, such as `login`
    public init(_ operationId: String) {
        self.init(.operation(operationId))
    }

    private init(_ endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    /// A request to an endpoint that the library does not know.
    ///
    /// Fields that the path does not name go into the query of a GET or DELETE, and into the body of a POST or PUT; the field `body`
    /// is the whole body. The access token travels with it if the client has one. Any HTTP status from 200 to 299 is a success,
    /// whatever the body is.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, `PUT` or `DELETE`
    ///   - path: begins with `/_matrix/`; `{name}` stands for the field `name`, which is percent-encoded; a query may follow:
    ///     `/_matrix/client/unstable/org.example/rooms/{roomId}/things?dir={dir}`
    public static func custom(method: String, path: String) -> Request {
        Request(.custom(method: method, path: path))
    }

    /// Sets a field, or sets it anew; nil leaves it out again.
    public mutating func set(_ name: String, _ value: String?) { put(name, value.map(JSON.string)) }

    /// Sets a field, or sets it anew; nil leaves it out again.
    public mutating func set(_ name: String, _ value: Int?) { put(name, value.map { .integer(Int64($0)) }) }

    /// Sets a field, or sets it anew; nil leaves it out again.
    public mutating func set(_ name: String, _ value: Double?) { put(name, value.map(JSON.number)) }

    /// Sets a field, or sets it anew; nil leaves it out again.
    public mutating func set(_ name: String, _ value: Bool?) { put(name, value.map(JSON.bool)) }

    /// Sets a field, or sets it anew, to any value, `.null` included; nil leaves it out again.
    public mutating func set(_ name: String, _ value: JSON?) { put(name, value) }

    /// Sets a field, or sets it anew; nil leaves it out again.
    public mutating func set(_ name: String, _ values: [JSON]?) { put(name, values.map(JSON.array)) }

    /// Sets a field, or sets it anew; nil leaves it out again.
    public mutating func set(_ name: String, _ values: [String]?) {
        put(name, values.map { .array($0.map(JSON.string)) })
    }

    /// Leaves a field out again.
    public mutating func unset(_ name: String) { put(name, nil) }

    private mutating func put(_ name: String, _ value: JSON?) {
        let index = fields.firstIndex { $0.name == name }
        switch (index, value) {
        case (let index?, let value?): fields[index].value = value
        case (let index?, nil): fields.remove(at: index)
        case (nil, let value?): fields.append(Field(name: name, value: value))
        case (nil, nil): break
        }
    }

    /// The URL of the request, for a browser: some endpoints, such as those that begin a login by SSO, set cookies there. Nothing is
    /// sent. Only a GET that needs no access token has one.
    public func url(client: Client) throws -> String {
        let result = try client.withHandle { client in
            try withNative { request in
                try make(free: mx_result_free) { mx_request_url(client, request, $0) }
            }
        }
        guard let url = Answer(result: result).string("/url") else {
            throw MatrixError(.internal, "the library made a URL and did not give it")
        }
        return url
    }

    /// Lends the library's own object.
    func withNative<Value>(_ body: (OpaquePointer) throws -> Value) throws -> Value {
        let native = try made()
        return try withExtendedLifetime(native) {
            for field in fields { try field.set(in: native.pointer) }
            if let timeout {
                guard let ms = timeout.wholeMilliseconds.flatMap({ UInt32(exactly: $0) }), ms > 0 else {
                    throw MatrixError(.invalidArgument, "timeout: \(timeout) is not in 1...\(UInt32.max) ms")
                }
                try check(mx_request_set_timeout_ms(native.pointer, ms))
            }
            return try body(native.pointer)
        }
    }

    private func made() throws -> Handle {
        switch endpoint {
        case .operation(let id):
            try withText("operationId", id) { id in
                try make(free: mx_request_free) { mx_request_new(id, $0) }
            }
        case .custom(let method, let path):
            try withText("method", method) { method in
                try withText("path", path) { path in
                    try make(free: mx_request_free) { mx_request_new_custom(method, path, $0) }
                }
            }
        }
    }
}

/// Passwords and tokens are in requests, so only the names of the fields are shown.
extension Request: CustomStringConvertible, CustomReflectable {
    public var description: String {
        let names = fields.map(\.name).joined(separator: ", ")
        return switch endpoint {
        case .operation(let id): "\(id)(\(names))"
        case .custom(let method, let path): "\(method) \(path)(\(names))"
        }
    }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Client {
    /// Sends a request.
    @discardableResult
    public func send(_ request: Request) async throws -> Answer {
        try await run { client, callback, userData, op in
            try request.withNative { mx_client_send(client, $0, callback, userData, op) }
        }
    }
}

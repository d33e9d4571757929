// What the homeserver answered.

import CMatrix
import Foundation

/// An answer's body, kept by the library until the last copy of this value is gone; then it is wiped.
///
/// Single values are named by a JSON pointer (RFC 6901): `/sid`, `/flows/0/type`, or an empty one for the whole. A name that holds
/// `/` writes it as `~1`, and `~` as `~0`. Any other pointer must begin with `/`: `sid` finds nothing.
public struct Answer: Sendable {
    private let result: Handle

    init(result: Handle) {
        self.result = result
    }

    /// The HTTP status.
    public var httpStatus: Int {
        Int(mx_result_http_status(result.pointer))
    }

    /// The body as it came; if it was cut off, this is what arrived. It need not be JSON.
    public var body: Data {
        var length = 0
        guard let bytes = mx_result_body(result.pointer, &length) else { return Data() }
        return Data(bytes: bytes, count: length)
    }

    /// A header: `content-type`, `content-disposition`, `location` or `etag`, in any case. nil if it was not sent, is not UTF-8, or
    /// is not one of these.
    public func header(_ name: String) -> String? {
        lookUp(name) { mx_result_header(result.pointer, $0).map { String(cString: $0) } }
    }

    /// The whole body as a value, copied anew at each use. Throws ``MatrixError/badResponse(_:)`` if it is not JSON.
    public var json: JSON {
        get throws {
            guard let json = json(at: "") else {
                throw MatrixError(.badResponse, "the answer is not JSON")
            }
            return json
        }
    }

    /// A part of the body, copied anew at each use; nil if it is absent, or if the body is not JSON.
    public func json(at pointer: String) -> JSON? {
        withExtendedLifetime(result) {
            lookUp(pointer) { JSON(mx_result_value(result.pointer, $0)) }
        }
    }

    /// The body as a type of yours.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, by decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        try decoder.decode(type, from: body)
    }

    /// A string; nil if it is absent, no string, or holds U+0000, which ``json(at:)`` gives.
    public func string(_ pointer: String) -> String? {
        lookUp(pointer) { mx_result_string(result.pointer, $0).map { String(cString: $0) } }
    }

    /// An integer; nil if it is absent or no integer.
    public func int(_ pointer: String) -> Int? {
        lookUp(pointer) {
            var value: Int64 = 0
            return mx_result_int(result.pointer, $0, &value) ? Int(exactly: value) : nil
        }
    }

    /// A boolean; nil if it is absent or no boolean.
    public func bool(_ pointer: String) -> Bool? {
        lookUp(pointer) {
            var value = false
            return mx_result_bool(result.pointer, $0, &value) ? value : nil
        }
    }

    private func lookUp<Value>(_ name: String, _ read: (UnsafePointer<CChar>) -> Value?) -> Value? {
        // C cannot look for a name with U+0000, and would look for its beginning instead.
        name.utf8.contains(0) ? nil : name.withCString(read)
    }
}

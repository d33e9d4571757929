// What the homeserver answered.

import CMatrix
import Foundation

/// An answer's body, kept by the library until the last copy of this value is gone; then it is wiped.
///
/// Single values are named by a JSON pointer (RFC 6901): `/sid`, `/flows/0/type`. A name that holds `/` writes it as `~1`, and
/// `~` as `~0`.
public struct Answer: Sendable {
    private let result: Handle

    init(result: Handle) {
        self.result = result
    }

    /// The HTTP status.
    public var httpStatus: Int {
        Int(mx_result_http_status(result.pointer))
    }

    /// The body as it came; of a body that broke off, the part that came.
    public var body: Data {
        var length = 0
        guard let bytes = mx_result_json(result.pointer, &length) else { return Data() }
        return Data(bytes: bytes, count: length)
    }

    /// The body as a value. It is read anew at each use.
    public var json: JSON {
        get throws { try decode(JSON.self) }
    }

    /// The body as a type of yours.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, by decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        try decoder.decode(type, from: body)
    }

    /// A string; nil if it is absent or no string.
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

    private func lookUp<Value>(
        _ pointer: String, _ find: (UnsafePointer<CChar>) -> Value?
    ) -> Value? {
        // C cannot look for a name with U+0000, and would look for its beginning instead.
        pointer.utf8.contains(0) ? nil : pointer.withCString(find)
    }
}

// Copies the library's own tree of an answer.

import CMatrix

extension JSON {
    /// A copy of a value, whose answer must be alive; nil where there is none.
    init?(_ value: OpaquePointer?) {
        switch mx_value_type(value) {
        case MX_TYPE_NULL: self = .null
        case MX_TYPE_BOOL:
            var bool = false
            _ = mx_value_bool(value, &bool)
            self = .bool(bool)
        case MX_TYPE_INT:
            var integer: Int64 = 0
            _ = mx_value_int(value, &integer)
            self = .integer(integer)
        case MX_TYPE_DOUBLE:
            // What is beyond a double is left alone.
            var number = Double.infinity
            _ = mx_value_double(value, &number)
            self = .number(number)
        case MX_TYPE_STRING: self = .string(JSON.text(value, mx_value_string))
        case MX_TYPE_ARRAY: self = .array(JSON.children(value).compactMap { JSON($0) })
        case MX_TYPE_OBJECT:
            var members = [String: JSON](minimumCapacity: mx_value_count(value))
            for member in JSON.children(value) { members[JSON.text(member, mx_value_name)] = JSON(member) }
            self = .object(members)
        default: return nil
        }
    }

    private static func children(_ value: OpaquePointer?) -> some Sequence<OpaquePointer> {
        sequence(state: mx_value_first(value)) { next in
            defer { next = mx_value_next(next) }
            return next
        }
    }

    private static func text(
        _ value: OpaquePointer?, _ read: (OpaquePointer?, UnsafeMutablePointer<Int>?) -> UnsafePointer<CChar>?
    ) -> String {
        var length = 0
        let bytes = UnsafeRawBufferPointer(start: read(value, &length), count: length)
        return String(decoding: bytes, as: UTF8.self)
    }
}

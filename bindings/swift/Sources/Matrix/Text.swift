// Lends Swift's strings to C, which cannot hold U+0000.

import CMatrix

/// Lends the text for the time of the call. A C string would silently end at U+0000, so that is refused.
func withText<Value>(
    _ name: String, _ text: String, _ body: (UnsafePointer<CChar>) throws -> Value
) throws -> Value {
    if text.utf8.contains(0) {
        throw MatrixError(.invalidArgument, "\(name) holds U+0000")
    }
    return try text.withCString(body)
}

/// The same for a nullable parameter.
func withOptionalText<Value>(
    _ name: String, _ text: String?, _ body: (UnsafePointer<CChar>?) throws -> Value
) throws -> Value {
    guard let text else { return try body(nil) }
    return try withText(name, text, body)
}

/// Throws what the library says of a refused call. Must run on the thread that made the call, right after it.
func check(_ status: mx_status) throws {
    if status != MX_OK {
        throw MatrixError(Status(rawValue: status), String(cString: mx_refusal_message()))
    }
}

/// What a function hands out by its last parameter; the function refuses by its status.
func make(
    free: @escaping @Sendable (OpaquePointer?) -> Void,
    _ function: (UnsafeMutablePointer<OpaquePointer?>) throws -> mx_status
) throws -> Handle {
    var made: OpaquePointer?
    try check(function(&made))
    guard let made else {
        throw MatrixError(.internal, "the library said MX_OK and gave nothing")
    }
    return Handle(made, free: free)
}

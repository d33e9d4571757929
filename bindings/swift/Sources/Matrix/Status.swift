// The C library's statuses as Swift values; Generated/Statuses.swift names them.

import CMatrix

/// How a function answered, or how an operation ended. A later library may have more than this file knows.
public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The constant's name in C, such as `MX_ERR_TLS`.
    public var description: String {
        String(cString: mx_status_name(rawValue))
    }
}

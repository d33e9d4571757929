// What every error says, whichever case it is; Generated/Statuses.swift has the cases.

import CMatrix
import Foundation

extension MatrixError {
    /// What is known of a failure.
    public struct Details: Sendable {
        /// The status of the C library that the case stands for.
        public let status: Status
        /// What happened, in one line for developers' logs. No secret of the request is in it.
        public let message: String
        /// The server's errcode as it came, such as `M_THREEPID_NOT_FOUND`. Servers may send codes that no spec lists.
        public let errcode: String?
        /// The HTTP status of the last answer.
        public let httpStatus: Int?
        /// How long the server asks to wait before the next try.
        public let retryAfter: Duration?
        /// The body that came with the failure, if an answer came. It need not be JSON.
        public let answer: Answer?

        /// Of ``MatrixError/webRequired(_:)``: the page where this server's accounts live, if the server says.
        public var accountManagementURI: String? {
            answer?.string("/account_management_uri")
        }
    }

    init(_ status: Status, _ message: String) {
        self.init(
            Details(
                status: status, message: message, errcode: nil, httpStatus: nil, retryAfter: nil,
                answer: nil))
    }

    init(result: Handle) {
        let pointer = result.pointer
        let httpStatus = mx_result_http_status(pointer)
        var delay: UInt64 = 0
        let isDelayed = mx_result_retry_after_ms(pointer, &delay)
        self.init(
            Details(
                status: Status(rawValue: mx_result_status(pointer)),
                message: String(cString: mx_result_message(pointer)),
                errcode: mx_result_errcode(pointer).map { String(cString: $0) },
                httpStatus: httpStatus == 0 ? nil : Int(httpStatus),
                retryAfter: isDelayed ? .milliseconds(delay) : nil,
                answer: mx_result_body(pointer, nil) == nil ? nil : Answer(result: result)))
    }

    public var status: Status { details.status }
    public var message: String { details.message }
    public var errcode: String? { details.errcode }
    public var httpStatus: Int? { details.httpStatus }
    public var retryAfter: Duration? { details.retryAfter }
    public var answer: Answer? { details.answer }
}

extension MatrixError: CustomStringConvertible, LocalizedError {
    public var description: String { "\(status): \(message)" }
    public var errorDescription: String? { description }
}

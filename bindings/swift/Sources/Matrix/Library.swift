// The library itself: its version, its log, its secrets and its leaks.

import CMatrix

/// What concerns all clients of the process.
public enum MatrixLibrary {
    /// The version, such as `0.2.0`.
    public static var version: String { String(cString: mx_version()) }

    /// How many of the library's objects are alive: clients, requests, resets, answers, errors that hold one. For tests.
    public static var liveObjects: Int { Int(mx_debug_live_objects()) }

    /// A new client_secret from the system's random source. With it and the mail's link, anyone can take the account.
    public static func generateClientSecret() throws -> String {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MX_CLIENT_SECRET_SIZE)) {
            try check(mx_generate_client_secret($0.baseAddress, $0.count))
            return String(cString: $0.baseAddress!)
        }
    }

    /// How much a log line matters: ``error`` most, ``debug`` least.
    public struct LogLevel: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// Refused calls and bugs.
        public static let error = LogLevel(rawValue: MX_LOG_ERROR)
        /// What is lost, and why.
        public static let warn = LogLevel(rawValue: MX_LOG_WARN)
        /// One line for each answer and each retry.
        public static let info = LogLevel(rawValue: MX_LOG_INFO)
        /// Everything.
        public static let debug = LogLevel(rawValue: MX_LOG_DEBUG)
    }

    public typealias LogSink = @Sendable (LogLevel, String) -> Void

    /// Sets where the log of the whole process goes; nil is silence. When it returns, the sink before is not running and will not
    /// be called again.
    ///
    /// No password, token, secret, header or body is ever in a line. The sink runs on any thread, on several at once, and must not
    /// call this library.
    public static func setLog(_ level: LogLevel, to sink: LogSink?) throws {
        try kept.withLock { kept in
            let next = sink.map(Sink.init)
            let callback: mx_log_callback? = next == nil ? nil : Sink.callback
            let userData = next.map { Unmanaged.passUnretained($0).toOpaque() }
            try check(mx_log_set(level.rawValue, callback, userData))
            kept = next
        }
    }

    private static let kept = Locked<Sink?>(nil)

    private final class Sink: Sendable {
        private let write: LogSink

        init(_ write: @escaping LogSink) {
            self.write = write
        }

        static let callback: @convention(c) (Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
            level, message, userData in
            guard let message, let userData else { return }
            Unmanaged<Sink>.fromOpaque(userData).takeUnretainedValue()
                .write(LogLevel(rawValue: level), String(cString: message))
        }
    }
}

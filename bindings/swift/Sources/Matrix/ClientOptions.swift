// What a client can be told before it is made.

import CMatrix

/// A client's options. What is nil has the library's default, which is named with each.
public struct ClientOptions: Sendable {
    /// How long a whole call may take, retries and waiting included. 30 s.
    public var timeout: Duration?
    /// How long one connection may take to be made. 10 s.
    public var connectTimeout: Duration?
    /// The User-Agent header. `matrix-capi/VERSION`.
    public var userAgent: String?
    /// The account's access token. It never travels with an operation that resets a password. None.
    public var accessToken: String?
    /// The proxy for every request, such as `http://user:password@proxy.example:3128`. What the environment says.
    public var proxy: String?
    /// Certificate authorities that are trusted besides the public ones: the text of `BEGIN CERTIFICATE` blocks.
    public var rootPEMs: [String]
    /// Whether Mozilla's roots in the library replace the system's. false.
    public var bundledRoots: Bool?
    /// How often a failed request is sent again, where that is safe. 2.
    public var maxRetries: Int?
    /// The longest pause before the first retry; it doubles from retry to retry. 300 ms.
    public var retryDelay: Duration?
    /// The longest delay asked for by a server that is waited out inside a call. 3 s.
    public var maxRateLimitWait: Duration?
    /// The largest body of an answer that is taken, in bytes. 16 MiB.
    public var maxResponseBytes: Int?
    /// How many connections without a request are kept for later. 128.
    public var maxIdleConnections: Int?
    /// How long a connection without a request is kept. 60 s.
    public var idleTimeout: Duration?
    /// Whether http:// is allowed to other machines, where anyone on the way can read passwords. false.
    public var allowPlainHTTP: Bool?
    /// Whether, after a burst of calls, the memory that glibc keeps is given back to the system, for the whole process. false.
    public var mallocTrim: Bool?

    public init(
        timeout: Duration? = nil,
        connectTimeout: Duration? = nil,
        userAgent: String? = nil,
        accessToken: String? = nil,
        proxy: String? = nil,
        rootPEMs: [String] = [],
        bundledRoots: Bool? = nil,
        maxRetries: Int? = nil,
        retryDelay: Duration? = nil,
        maxRateLimitWait: Duration? = nil,
        maxResponseBytes: Int? = nil,
        maxIdleConnections: Int? = nil,
        idleTimeout: Duration? = nil,
        allowPlainHTTP: Bool? = nil,
        mallocTrim: Bool? = nil
    ) {
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.userAgent = userAgent
        self.accessToken = accessToken
        self.proxy = proxy
        self.rootPEMs = rootPEMs
        self.bundledRoots = bundledRoots
        self.maxRetries = maxRetries
        self.retryDelay = retryDelay
        self.maxRateLimitWait = maxRateLimitWait
        self.maxResponseBytes = maxResponseBytes
        self.maxIdleConnections = maxIdleConnections
        self.idleTimeout = idleTimeout
        self.allowPlainHTTP = allowPlainHTTP
        self.mallocTrim = mallocTrim
    }

    /// The library's own object.
    func made() throws -> Handle {
        let made = try make(free: mx_client_options_free, mx_client_options_new)
        let options = made.pointer
        try set("timeout", timeout) { mx_client_options_set_timeout_ms(options, $0) }
        try set("connectTimeout", connectTimeout) {
            mx_client_options_set_connect_timeout_ms(options, $0)
        }
        try set("userAgent", userAgent) { mx_client_options_set_user_agent(options, $0) }
        try set("accessToken", accessToken) { mx_client_options_set_access_token(options, $0) }
        try set("proxy", proxy) { mx_client_options_set_proxy(options, $0) }
        for pem in rootPEMs {
            try set("rootPEMs", pem) { mx_client_options_add_root_pem(options, $0) }
        }
        if let bundledRoots {
            try check(mx_client_options_set_bundled_roots(options, bundledRoots))
        }
        try set("maxRetries", maxRetries) { mx_client_options_set_max_retries(options, $0) }
        try set("retryDelay", retryDelay) { mx_client_options_set_retry_delay_ms(options, $0) }
        try set("maxRateLimitWait", maxRateLimitWait) {
            mx_client_options_set_max_rate_limit_wait_ms(options, $0)
        }
        try set("maxResponseBytes", maxResponseBytes) {
            mx_client_options_set_max_response_bytes(options, $0)
        }
        try set("maxIdleConnections", maxIdleConnections) {
            mx_client_options_set_max_idle_connections(options, $0)
        }
        try set("idleTimeout", idleTimeout) { mx_client_options_set_idle_timeout_ms(options, $0) }
        if let allowPlainHTTP {
            try check(mx_client_options_set_allow_plain_http(options, allowPlainHTTP))
        }
        if let mallocTrim {
            try check(mx_client_options_set_malloc_trim(options, mallocTrim))
        }
        return made
    }

    private func set(
        _ name: String, _ text: String?, _ setter: (UnsafePointer<CChar>) -> mx_status
    ) throws {
        guard let text else { return }
        try withText(name, text) { try check(setter($0)) }
    }

    private func set(_ name: String, _ number: Int?, _ setter: (UInt32) -> mx_status) throws {
        guard let number else { return }
        guard let number = UInt32(exactly: number) else {
            throw MatrixError(.invalidArgument, "\(name): \(number) is not in 0...\(UInt32.max)")
        }
        try check(setter(number))
    }

    private func set(_ name: String, _ time: Duration?, _ setter: (UInt32) -> mx_status) throws {
        guard let time else { return }
        guard let number = time.wholeMilliseconds.flatMap({ UInt32(exactly: $0) }) else {
            throw MatrixError(.invalidArgument, "\(name): \(time) is not in 0...\(UInt32.max) ms")
        }
        try check(setter(number))
    }
}

extension Duration {
    /// Rounded up, so that no time becomes none; nil if it does not fit.
    var wholeMilliseconds: Int64? {
        let (seconds, attoseconds) = components
        let (thousands, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let perMillisecond: Int64 = 1_000_000_000_000_000
        let rest = attoseconds / perMillisecond + (attoseconds % perMillisecond > 0 ? 1 : 0)
        let (sum, overflows) = thousands.addingReportingOverflow(rest)
        return overflow || overflows ? nil : sum
    }
}

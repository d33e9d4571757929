// The way to one homeserver.

import CMatrix

/// A client for one homeserver, or for one account of it. Use it from any task.
///
/// Its operations are named as in the spec, and ``send(_:)`` sends any ``Request``. Each throws ``MatrixError``, or
/// `CancellationError` if its task was cancelled; cancelling ends the request, which may have reached the server all the same.
public final class Client: Sendable {
    private let handle: Locked<Handle?>

    /// Makes a client. Nothing is sent yet.
    ///
    /// - Parameter homeserver: the base URL, `https://matrix.example`, with or without a port or a path. Plain http only to this
    ///   machine, unless the options allow it.
    public convenience init(_ homeserver: String, options: ClientOptions = ClientOptions()) throws {
        let options = try options.made()
        try self.init(
            handle: withText("homeserver", homeserver) { homeserver in
                try make(free: mx_client_free) {
                    mx_client_new(homeserver, options.pointer, $0, nil)
                }
            })
    }

    /// A client without a homeserver, which can only discover one.
    convenience init(forDiscovery options: ClientOptions) throws {
        let options = try options.made()
        try self.init(
            handle: make(free: mx_client_free) {
                mx_client_new_for_discovery(options.pointer, $0, nil)
            })
    }

    private init(handle: Handle) {
        self.handle = Locked(handle)
    }

    /// The short form of ``send(_:)``: any operation by the spec's operationId, such as `getVersions`.
    ///
    /// - Parameter params: its path, query and body fields under the spec's names, in one object. A body that the spec leaves open
    ///   is the member `body`.
    @discardableResult
    public func call(_ operationId: String, _ params: JSON = [:]) async throws -> Answer {
        try await call(operationId, paramsText: params.text)
    }

    /// The same with the parameters as JSON text.
    @discardableResult
    public func call(_ operationId: String, paramsText: String) async throws -> Answer {
        try await run { client, callback, userData, op in
            try withText("operationId", operationId) { operationId in
                try withText("paramsText", paramsText) {
                    mx_call(client, operationId, $0, callback, userData, op)
                }
            }
        }
    }

    /// Hands in the token that the person read in a mail or text message, where the request for it answered with `/submit_url`.
    @discardableResult
    public func submitToken(submitURL: String, sid: String, clientSecret: String, token: String)
        async throws -> Answer
    {
        try await run { client, callback, userData, op in
            try withText("submitURL", submitURL) { submitURL in
                try withText("sid", sid) { sid in
                    try withText("clientSecret", clientSecret) { clientSecret in
                        try withText("token", token) { token in
                            mx_submit_token(
                                client, submitURL, sid, clientSecret, token, callback, userData, op)
                        }
                    }
                }
            }
        }
    }

    /// Changes the access token for the calls that are started from now on; nil is none, as after logging out.
    public func setAccessToken(_ accessToken: String?) throws {
        try withHandle { client in
            try withOptionalText("accessToken", accessToken) {
                try check(mx_client_set_access_token(client, $0))
            }
        }
    }

    /// Ends every call with ``MatrixError/cancelled(_:)``; later ones throw ``MatrixError/closed(_:)``. A client that nobody holds
    /// closes itself.
    public func close() {
        // The object is freed outside the lock, by whoever lets go of it last.
        let handle = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        withExtendedLifetime(handle) {}
    }

    /// Lends the object, which cannot be freed meanwhile.
    func withHandle<Value>(_ body: (OpaquePointer) throws -> Value) throws -> Value {
        guard let handle = handle.withLock({ $0 }) else {
            throw MatrixError(.closed, "the client is closed")
        }
        return try withExtendedLifetime(handle) { try body(handle.pointer) }
    }

    typealias Start = (
        OpaquePointer, mx_callback, UnsafeMutableRawPointer, UnsafeMutablePointer<mx_op>
    ) throws -> mx_status

    /// Starts an operation and waits for its end; cancelling the task cancels it.
    func run(_ start: Start) async throws -> Answer {
        try Task.checkCancellation()
        let call = PendingCall()
        let op = try withHandle { client in
            try call.start { try start(client, $0, $1, $2) }
        }
        do {
            return try await withTaskCancellationHandler {
                try await call.answer()
            } onCancel: {
                // Refused only if the operation, or the client, has ended already.
                _ = try? withHandle { mx_client_cancel($0, op) }
            }
        } catch MatrixError.cancelled where Task.isCancelled {
            throw CancellationError()
        }
    }
}

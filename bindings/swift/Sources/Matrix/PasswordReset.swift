// The whole way from "forgot password" to a new one, as one object.

import CMatrix

/// A password reset: ``send()``, then the person confirms the mail, or types its token (``submitToken(_:)``), then
/// ``finish(newPassword:logoutDevices:wait:)``. One step runs at a time. No access token travels with any of them.
///
/// It holds a secret: with it and a confirmed mail, anyone can take the account.
public final class PasswordReset: Sendable {
    private let client: Client
    private let handle: Handle

    /// What must happen next in a reset. A later library may have more than this file knows.
    public struct Stage: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }
    }

    /// Makes a reset. Nothing is sent.
    ///
    /// - Parameters:
    ///   - client: the account's homeserver
    ///   - email: the address of the account
    ///   - nextLink: an absolute URI to which the person is led after confirming
    public init(_ client: Client, email: String, nextLink: String? = nil) throws {
        self.client = client
        handle = try client.withHandle { client in
            try withText("email", email) { email in
                try withOptionalText("nextLink", nextLink) { nextLink in
                    try make(free: mx_password_reset_free) {
                        mx_password_reset_new(client, email, nextLink, $0)
                    }
                }
            }
        }
    }

    /// Goes on with what ``save()`` gave, in this process or another.
    ///
    /// - Parameter client: of the same homeserver as when it was saved
    public init(_ client: Client, restoring saved: String) throws {
        self.client = client
        handle = try client.withHandle { client in
            try withText("saved", saved) { saved in
                try make(free: mx_password_reset_free) {
                    mx_password_reset_restore(client, saved, $0, nil)
                }
            }
        }
    }

    /// What must happen next.
    public var stage: Stage {
        Stage(rawValue: mx_password_reset_stage(handle.pointer))
    }

    /// Asks the homeserver for the mail; once more for another one.
    ///
    /// That it returns says that the server took the request, never that the address has an account: show the same text for both.
    @discardableResult
    public func send() async throws -> Answer {
        try await client.run { _, callback, userData, op in
            mx_password_reset_send(handle.pointer, callback, userData, op)
        }
    }

    /// Hands in the token of the mail, where the server wants it typed: ``Stage/awaitsToken``.
    @discardableResult
    public func submitToken(_ token: String) async throws -> Answer {
        try await client.run { _, callback, userData, op in
            try withText("token", token) {
                mx_password_reset_submit_token(handle.pointer, $0, callback, userData, op)
            }
        }
    }

    /// Changes the password, if the mail has been confirmed; ``MatrixError/pending(_:)`` if it has not.
    ///
    /// After an errcode that begins with `M_PASSWORD_`, or `M_WEAK_PASSWORD`, the confirmation is still good: call it again with a
    /// better password. After ``MatrixError/unknownOutcome(_:)`` the password may have been changed.
    ///
    /// - Parameters:
    ///   - newPassword: not empty
    ///   - logoutDevices: whether all sessions of the account are ended. Ended sessions lose encryption keys that were not backed
    ///     up; sessions that are kept may be those of whoever took the account. There is no default: ask the person
    ///   - wait: how long to ask again and again whether the mail has been confirmed
    @discardableResult
    public func finish(newPassword: String, logoutDevices: Bool, wait: Duration = .zero)
        async throws -> Answer
    {
        let wait = wait.wholeMilliseconds ?? (wait > .zero ? .max : 0)
        return try await client.run { _, callback, userData, op in
            try withText("newPassword", newPassword) {
                mx_password_reset_finish(
                    handle.pointer, $0, logoutDevices, wait, callback, userData, op)
            }
        }
    }

    /// The reset as text, for ``init(_:restoring:)``. It holds the secret: keep it where the app keeps passwords.
    public func save() throws -> String {
        let saved = try make(free: mx_result_free) { mx_password_reset_save(handle.pointer, $0) }
        return String(decoding: Answer(result: saved).body, as: UTF8.self)
    }
}

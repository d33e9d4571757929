// From what a person types to a homeserver.

import CMatrix

/// Where a homeserver is, and how passwords are reset there.
public struct Discovery: Sendable {
    /// How passwords are reset. A later library may have more than this file knows.
    public struct Reset: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// ``PasswordReset`` works, as far as can be known before a mail is asked for.
        public static let email = Reset(rawValue: "email")
        /// Accounts live on a web page: send the person to ``Discovery/accountManagementURI``.
        public static let web = Reset(rawValue: "web")
        /// No login by password here.
        public static let unavailable = Reset(rawValue: "unavailable")
    }

    /// For ``Client/init(_:options:)``.
    public let baseURL: String
    /// The versions of the spec that the server speaks.
    public let versions: [String]
    public let reset: Reset
    /// The page where accounts are managed, if the server says.
    public let accountManagementURI: String?
    /// The server's OAuth issuer, if it says.
    public let issuer: String?

    init(_ answer: Answer) throws {
        guard let baseURL = answer.string("/base_url"), let reset = answer.string("/reset") else {
            throw MatrixError(.internal, "the library found a homeserver without its address")
        }
        self.baseURL = baseURL
        self.reset = Reset(rawValue: reset)
        versions = answer.json(at: "/versions")?.array?.compactMap(\.string) ?? []
        accountManagementURI = answer.string("/account_management_uri")
        issuer = answer.string("/issuer")
    }
}

extension Client {
    /// Finds a homeserver and says how passwords are reset there. ``MatrixError/badResponse(_:)`` means that what was found is none.
    ///
    /// - Parameter server: a Matrix ID (`@alice:example.org`), a server name (`example.org`) or a URL
    public static func discover(_ server: String, options: ClientOptions = ClientOptions())
        async throws -> Discovery
    {
        let client = try Client(forDiscovery: options)
        let answer = try await client.run { client, callback, userData, op in
            try withText("server", server) { mx_discover(client, $0, callback, userData, op) }
        }
        return try Discovery(answer)
    }
}

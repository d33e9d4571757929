// The examples of README.md, word for word; ReadmeTests.swift compares them and runs them.

import Matrix

func createRoom(_ name: String, on client: Client) async throws -> String? {
    var create = Request.custom(method: "POST", path: "/_matrix/client/v3/createRoom")
    create.set("name", name)
    create.set("is_direct", false)
    create.set("creation_content", ["m.federate": false])
    create.timeout = .seconds(60)  // for this call alone
    return try await client.send(create).string("/room_id")
}

func roomNames(on client: Client) async throws -> [String] {
    let sync = Request.custom(method: "GET", path: "/_matrix/client/v3/sync")
    let rooms = try await client.send(sync).json(at: "/rooms/join")?.object ?? [:]
    return rooms.map { id, room in
        let events = (room["state"]?["events"]?.array ?? []) + (room["timeline"]?["events"]?.array ?? [])
        let name = events.last { $0["type"] == "m.room.name" }
        return name?["content"]?["name"]?.string ?? id
    }
}

func resetPassword(on server: String, email: String, newPassword: String, logoutDevices: Bool) async throws {
    let found = try await Client.discover(server)
    if found.reset == .web {
        return print("Reset it at \(found.accountManagementURI ?? found.baseURL)")
    }
    let reset = try PasswordReset(Client(found.baseURL), email: email)
    try await reset.send()
    print("If the address belongs to an account, a mail is on its way.")
    if reset.stage == .awaitsToken {
        print("Type the code in the mail:")
        try await reset.submitToken(readLine() ?? "")
    }
    // Until the person has followed the link in the mail, for ten minutes at most.
    try await reset.finish(newPassword: newPassword, logoutDevices: logoutDevices, wait: .seconds(600))
}

func resumeReset(_ saved: String, on server: String, newPassword: String) async throws -> PasswordReset.Stage {
    let reset = try PasswordReset(Client(server), restoring: saved)
    try await reset.finish(newPassword: newPassword, logoutDevices: true)
    return reset.stage
}

func logIn(_ user: String, _ password: String, on server: String) async -> String {
    do {
        let client = try Client(server, options: .init(timeout: .seconds(10)))
        let answer = try await client.login(
            type: "m.login.password",
            identifier: ["type": "m.id.user", "user": .string(user)],
            password: password)
        return "Welcome, \(answer.userID)"
    } catch MatrixError.matrix(let details) where details.errcode == "M_FORBIDDEN" {
        return "Wrong name or password"
    } catch MatrixError.matrix(let details) where details.retryAfter != nil {
        return "Try again in \(details.retryAfter!)"
    } catch MatrixError.connect, MatrixError.deadline {
        return "The server cannot be reached"
    } catch {
        return "\(error)"  // for developers: "MX_ERR_TLS: ...", without secrets
    }
}

func finish(_ reset: PasswordReset, newPassword: String) async throws -> String {
    do {
        try await reset.finish(newPassword: newPassword, logoutDevices: true)
        return "Your password has been changed"
    } catch MatrixError.pending {
        return "Please follow the link in the mail first"
    } catch MatrixError.webRequired(let details) {
        return "Change it at \(details.accountManagementURI ?? "your server's page")"
    } catch MatrixError.unknownOutcome {
        return "The answer was lost. Try to log in with the new password"
    }
}

func waitForever(_ reset: PasswordReset, newPassword: String) async -> String {
    let finishing = Task {
        try await reset.finish(newPassword: newPassword, logoutDevices: true, wait: .seconds(600))
    }
    finishing.cancel()  // the person closes the window
    do {
        _ = try await finishing.value
        return "changed"
    } catch is CancellationError {
        return "cancelled"
    } catch {
        return "\(error)"
    }
}

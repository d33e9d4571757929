// What every test ends with: nothing of the library's is left.

import Matrix
import XCTest

class MatrixTestCase: XCTestCase {
    override func tearDown() async throws {
        _ = try await eventually(seconds: 20) { MatrixLibrary.liveObjects == 0 }
        XCTAssertEqual(MatrixLibrary.liveObjects, 0, "objects are left")
        try await super.tearDown()
    }

    /// The error that the call must throw.
    func error(
        of call: () async throws -> some Sendable, file: StaticString = #filePath, line: UInt = #line
    ) async throws -> MatrixError {
        do {
            _ = try await call()
        } catch let error as MatrixError {
            return error
        }
        XCTFail("nothing was thrown", file: file, line: line)
        throw Failed("nothing was thrown")
    }
}

extension Client {
    /// The simplest request that only a POST can make.
    @discardableResult
    func askForMail(clientSecret: String = "a.secret") async throws -> Answer {
        try await requestTokenToResetPasswordEmail(
            clientSecret: clientSecret, email: "alice@example.test", sendAttempt: 1
        ).answer
    }
}

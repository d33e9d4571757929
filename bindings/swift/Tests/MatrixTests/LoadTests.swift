// Proves that many calls at once complete, and that many in a row leave nothing behind.

import Foundation
import Matrix
import XCTest

final class LoadTests: MatrixTestCase {
    func testAThousandConcurrentCallsCompleteEachWithItsOwnAnswer() async throws {
        let script = try Script([["echo": true, "shuffle_ms": 50]])
        let client = try Client(script.url)
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let answer = try await client.requestTokenToResetPasswordEmail(
                        clientSecret: "a.secret", email: "alice@example.test", sendAttempt: number)
                    return answer.sid == String(number)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        XCTAssertEqual(right, 1000)
    }

    #if os(Linux)
        func testTenThousandCallsInARowLeaveMemoryFlat() async throws {
            let script = try Script([["json": ["sid": "abc"]]])
            let client = try Client(script.url)
            for _ in 0..<2000 { try await client.askForMail() }
            let before = try residentBytes()
            for _ in 0..<10_000 { try await client.askForMail() }
            let growth = try residentBytes() - before
            XCTAssertLessThan(growth, 5 << 20, "bytes more than before")
        }

        private func residentBytes() throws -> Int {
            let pages = try Fixtures.text(of: "/proc/self/statm").split(separator: " ")[1]
            return Int(pages)! * sysconf(Int32(_SC_PAGESIZE))
        }
    #endif
}

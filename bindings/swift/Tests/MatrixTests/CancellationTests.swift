// Proves that cancelling a task ends its request, and that closing a client ends its calls.

import Matrix
import XCTest

final class CancellationTests: MatrixTestCase {
    func testCancellingTheTaskEndsItsRequestWithinASecond() async throws {
        let script = try Script([["hang": true]])
        let client = try Client(script.url)
        let asking = Task { try await client.askForMail() }
        try await script.waitForRequests(1)
        asking.cancel()
        let closed = try await eventually(seconds: 1) { try script.state().closedEarly == 1 }
        XCTAssertTrue(closed, "the server still waits")
        do {
            _ = try await asking.value
            XCTFail("it has an answer")
        } catch {
            XCTAssertTrue(error is CancellationError, "\(error)")
        }
    }

    func testATaskThatIsCancelledAlreadySendsNothing() async throws {
        let script = try Script([["json": ["sid": "abc"]]])
        let client = try Client(script.url)
        let asking = Task {
            while !Task.isCancelled { await Task.yield() }
            try await client.askForMail()
        }
        asking.cancel()
        let ended = await asking.result
        XCTAssertThrowsError(try ended.get()) { XCTAssertTrue($0 is CancellationError, "\($0)") }
        XCTAssertEqual(try script.state().requests, [])
    }

    func testCancellingOneTaskLeavesTheOthersAlone() async throws {
        let script = try Script([["json": ["sid": "abc"], "delay_ms": 500]])
        let client = try Client(script.url)
        let asking = (0..<10).map { _ in Task { try await client.askForMail() } }
        try await script.waitForRequests(10)
        asking[3].cancel()
        for (index, task) in asking.enumerated() {
            let ended = await task.result
            if index == 3 {
                XCTAssertThrowsError(try ended.get()) { XCTAssertTrue($0 is CancellationError) }
            } else {
                XCTAssertEqual(try ended.get().string("/sid"), "abc")
            }
        }
    }

    func testATaskThatIsCancelledAtAnyMomentHasOneEnd() async throws {
        let script = try Script([["json": ["sid": "abc"], "shuffle_ms": 20]])
        let client = try Client(script.url)
        let ends = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let asking = Task { try await client.askForMail() }
                    try await Task.sleep(for: .microseconds(number * 100))
                    asking.cancel()
                    do {
                        return try await asking.value.string("/sid") == "abc"
                    } catch is CancellationError {
                        return false
                    }
                }
            }
            return try await group.reduce(into: [false: 0, true: 0]) { $0[$1]! += 1 }
        }
        XCTAssertEqual(ends[false]! + ends[true]!, 400)
        XCTAssertGreaterThan(ends[false]!, 0, "none was cancelled in time")
    }

    func testClosingTheClientEndsEveryCall() async throws {
        let script = try Script([["hang": true]])
        let client = try Client(script.url)
        let asking = (0..<50).map { _ in Task { try await client.askForMail() } }
        try await script.waitForRequests(50)
        client.close()
        for task in asking {
            let error = try await error { try await task.value }
            XCTAssertEqual(error.status, .cancelled)
        }
        let closed = try await eventually(seconds: 10) { try script.state().closedEarly == 50 }
        XCTAssertTrue(closed, "the server still waits")
    }

    func testAClosedClientRefusesEverything() async throws {
        let script = try Script([["json": ["sid": "abc"]]])
        let client = try Client(script.url)
        let reset = try PasswordReset(client, email: "alice@example.test")
        client.close()
        client.close()
        for call in [
            { try await client.askForMail() },
            { try await reset.send() },
        ] as [@Sendable () async throws -> Answer] {
            let error = try await error { try await call() }
            guard case .closed = error else { return XCTFail("\(error)") }
        }
        XCTAssertThrowsError(try client.setAccessToken("a"))
        XCTAssertEqual(try script.state().requests, [])
    }

    func testClosingWhileCallsStartEndsThemAll() async throws {
        let script = try Script([["json": ["sid": "abc"], "shuffle_ms": 5]])
        for _ in 0..<20 {
            let client = try Client(script.url)
            let asking = (0..<20).map { _ in Task { try await client.askForMail() } }
            client.close()
            for task in asking {
                do {
                    _ = try await task.value
                } catch MatrixError.closed, MatrixError.cancelled {
                    continue
                }
            }
        }
    }
}

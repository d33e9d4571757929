// Runs the contract table that all languages share: by the operation's name, and by the typed methods.

import Foundation
import Matrix
import XCTest

final class ContractTests: MatrixTestCase {
    func testEveryCaseOfAnswersHolds() async throws { try await run("answers", typed: false) }
    func testEveryCaseOfArgumentsHolds() async throws { try await run("arguments", typed: false) }
    func testEveryCaseOfBadResponsesHolds() async throws { try await run("bad_responses", typed: false) }
    func testEveryCaseOfErrorsHolds() async throws { try await run("errors", typed: false) }
    func testEveryCaseOfFaultsHolds() async throws { try await run("faults", typed: false) }
    func testEveryCaseOfRequestsHolds() async throws { try await run("requests", typed: false) }

    func testEveryCaseOfAnswersHoldsByTypedMethods() async throws { try await run("answers", typed: true) }
    func testEveryCaseOfArgumentsHoldsByTypedMethods() async throws { try await run("arguments", typed: true) }
    func testEveryCaseOfRequestsHoldsByTypedMethods() async throws { try await run("requests", typed: true) }

    func testNoFileOfTheTableIsForgotten() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(Fixtures.project)/tests/contract")
        XCTAssertEqual(
            files.filter { $0.hasSuffix(".json") }.sorted(),
            ["answers", "arguments", "bad_responses", "errors", "faults", "requests"].map { "\($0).json" })
    }

    /// Most cases only wait; so many do so at the same time.
    private let atOnce = 8

    private func run(_ file: String, typed: Bool) async throws {
        var cases = try Case.all(of: file)[...]
        var ran = 0
        try await withThrowingTaskGroup(of: [String]?.self) { group in
            func next() {
                guard let one = cases.popFirst() else { return }
                group.addTask {
                    let found = try await one.run(typed: typed)
                    return found?.map { "\(one.name): \($0)" }
                }
            }
            for _ in 0..<atOnce { next() }
            while let found = try await group.next() {
                if let found {
                    ran += 1
                    for complaint in found { XCTFail(complaint) }
                }
                next()
            }
        }
        XCTAssertGreaterThan(ran, 10, "cases that were run")
    }
}

extension Case {
    /// What is wrong; nil if the case cannot be put into types.
    fileprivate func run(typed: Bool) async throws -> [String]? {
        let nobody = isRefusedConnection ? try Socket() : nil
        let script = isRefusedConnection ? nil : try Script(text: server)
        let base = script?.url ?? "http://127.0.0.1:\(nobody!.port)"
        let client = try Client(base + (json["base_path"]?.string ?? ""), options: options())
        let calling = Task { try await call(on: client, typed: typed) }
        if let pause = json["cancel_after_ms"]?.int {
            try await script?.waitForRequests(expect["requests"]!.int!)
            try await Task.sleep(for: .milliseconds(pause))
            calling.cancel()
        }
        let outcome: Outcome
        do {
            outcome = try await Outcome { try await calling.value }
        } catch is NotTyped {
            return nil
        }
        var complaints = complaints(of: outcome)
        if let script {
            if let count = expect["closed_early"]?.int,
                try await !eventually(seconds: 10, { try script.state().closedEarly == count })
            {
                complaints.append("closed_early is \(try script.state().closedEarly), not \(count)")
            }
            complaints += try self.complaints(of: script.state())
        }
        return complaints
    }

    private func call(on client: Client, typed: Bool) async throws -> Answer {
        let call = json["call"]!
        let operation = call["operation"]!.string!
        if typed {
            return try await callTyped(client, operation, call["params"] ?? .null)
        }
        if let text = call["params_text"]?.string {
            return try await client.call(operation, paramsText: text)
        }
        return try await client.call(operation, call["params"]!)
    }
}

// Compares what happened with what a case expects.

import Foundation
import Matrix

extension Case {
    /// What is wrong with how the call ended.
    func complaints(of outcome: Outcome) -> [String] {
        var complaints: [String] = []
        for (name, actual) in outcome.members {
            guard let expected = expect[name] else { continue }
            let holds =
                switch (name, expected) {
                case ("json", "present"): actual != .null
                case ("retry_after_ms", "present"): (actual.int ?? 0) > 0
                default: actual == expected
                }
            if !holds { complaints.append("\(name) is \(actual), not \(expected) (\(outcome.message))") }
        }
        for (pointer, expected) in expect["strings"]?.object ?? [:] {
            let actual = outcome.answer?.string(pointer)
            if actual != expected.string {
                complaints.append("\(pointer) is \(actual ?? "nil"), not \(expected)")
            }
        }
        for text in expect["message_contains"]?.array ?? [] where !outcome.message.contains(text.string!) {
            complaints.append("the message lacks \(text): \(outcome.message)")
        }
        for text in expect["message_lacks"]?.array ?? [] where outcome.message.contains(text.string!) {
            complaints.append("the message contains \(text): \(outcome.message)")
        }
        // A continuation that is resumed twice ends the process, so a call that returned has completed once.
        if let completions = expect["completions"]?.int, completions != 1 {
            complaints.append("completions: 1, not \(completions)")
        }
        return complaints
    }

    /// What is wrong with the requests that have arrived.
    func complaints(of state: Script.State) throws -> [String] {
        var complaints: [String] = []
        if let count = expect["requests"]?.int, count != state.requests.count {
            complaints.append("requests: \(state.requests.count), not \(count)")
        }
        for request in state.requests {
            for (name, expected) in expect["request"]?.object ?? [:] {
                if try !request.holds(name, expected) {
                    complaints.append("\(name) of the request must be \(expected): \(request)")
                }
            }
        }
        return complaints
    }
}

extension JSON {
    fileprivate func holds(_ name: String, _ expected: JSON) throws -> Bool {
        switch name {
        case "headers":
            return expected.object!.allSatisfy { header($0.key) == $0.value.string }
        case "no_headers":
            return expected.array!.allSatisfy { header($0.string!) == nil }
        case "json":
            let body = self["body"]?.string ?? ""
            return try JSONDecoder().decode(JSON.self, from: Data(body.utf8)) == expected
        default:
            return self[name] == expected
        }
    }

    /// The value of a header of a request.
    func header(_ name: String) -> String? {
        self["headers"]?.array?.first { $0[0]?.string?.lowercased() == name }?[1]?.string
    }
}

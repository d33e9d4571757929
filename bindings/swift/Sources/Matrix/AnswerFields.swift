// Reads an answer's members into the types that Generated/Operations.swift gives them.

import CMatrix

/// A type that a member of an answer can have.
protocol AnswerField {
    /// nil if the member is absent or of another type.
    static func read(_ name: String, of answer: Answer) -> Self?
}

extension Answer {
    /// The library has checked that it is there and has its type, so only what no C string can hold is missed.
    func required<Value: AnswerField>(_ name: String) throws -> Value {
        guard let value: Value = optional(name) else {
            throw MatrixError(.badResponse, "the answer's \(name) cannot be read")
        }
        return value
    }

    func optional<Value: AnswerField>(_ name: String) -> Value? {
        Value.read(name, of: self)
    }
}

extension String: AnswerField {
    static func read(_ name: String, of answer: Answer) -> String? { answer.string("/\(name)") }
}

extension Int: AnswerField {
    static func read(_ name: String, of answer: Answer) -> Int? { answer.int("/\(name)") }
}

extension Bool: AnswerField {
    static func read(_ name: String, of answer: Answer) -> Bool? { answer.bool("/\(name)") }
}

extension JSON: AnswerField {
    static func read(_ name: String, of answer: Answer) -> JSON? { answer.json(at: "/\(name)") }
}

extension Array: AnswerField where Element == JSON {
    static func read(_ name: String, of answer: Answer) -> [JSON]? { answer.json(at: "/\(name)")?.array }
}

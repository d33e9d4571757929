// Gives a case's params to the typed methods, which Generated/TypedOperations.swift calls.

import Matrix

/// No typed call can be made of the parameters: they are wrong in a way that Swift's types do not allow.
struct NotTyped: Error {}

struct TypedFields {
    private var rest: [String: JSON]

    init(_ params: JSON) throws {
        guard let members = params.object else { throw NotTyped() }
        rest = members
    }

    mutating func required<Value: FieldValue>(_ name: String) throws -> Value {
        guard let value: Value = try optional(name) else { throw NotTyped() }
        return value
    }

    mutating func optional<Value: FieldValue>(_ name: String) throws -> Value? {
        guard let value = rest.removeValue(forKey: name) else { return nil }
        guard let value = Value(field: value) else { throw NotTyped() }
        return value
    }

    func end() throws {
        guard rest.isEmpty else { throw NotTyped() }
    }
}

protocol FieldValue {
    init?(field: JSON)
}

extension String: FieldValue {
    init?(field: JSON) {
        guard let value = field.string else { return nil }
        self = value
    }
}

extension Int: FieldValue {
    init?(field: JSON) {
        guard let value = field.int else { return nil }
        self = value
    }
}

extension Bool: FieldValue {
    init?(field: JSON) {
        guard let value = field.bool else { return nil }
        self = value
    }
}

extension JSON: FieldValue {
    init?(field: JSON) { self = field }
}

extension Array: FieldValue where Element == JSON {
    init?(field: JSON) {
        guard let values = field.array else { return nil }
        self = values
    }
}

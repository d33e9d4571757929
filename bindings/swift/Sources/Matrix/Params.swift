// Collects the parameters of one operation, as Generated/Operations.swift lists them.

/// One flat JSON object; what is nil is left out.
struct Params {
    private var members = ""

    var text: String { "{\(members)}" }

    mutating func add(_ name: String, _ value: String?) {
        if let value { add(name) { JSON.write(value, to: &$0) } }
    }

    mutating func add(_ name: String, _ value: Int?) {
        if let value { add(name) { $0 += String(value) } }
    }

    mutating func add(_ name: String, _ value: Bool?) {
        if let value { add(name) { $0 += value ? "true" : "false" } }
    }

    mutating func add(_ name: String, _ value: JSON?) {
        if let value { add(name, write: value.write) }
    }

    mutating func add(_ name: String, _ values: [JSON]?) {
        if let values { add(name, write: JSON.array(values).write) }
    }

    private mutating func add(_ name: String, write: (inout String) -> Void) {
        if !members.isEmpty { members += "," }
        JSON.write(name, to: &members)
        members += ":"
        write(&members)
    }
}

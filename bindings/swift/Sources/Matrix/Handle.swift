// Owns one object of the C library, and state that several threads share.

import Foundation

/// An object of the library, freed when nobody holds it any more.
///
/// Unchecked: the header allows every function on it from any thread, except freeing, which only `deinit` does.
final class Handle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let free: @Sendable (OpaquePointer?) -> Void

    init(_ pointer: OpaquePointer, free: @escaping @Sendable (OpaquePointer?) -> Void) {
        self.pointer = pointer
        self.free = free
    }

    deinit {
        free(pointer)
    }
}

/// State behind a lock.
///
/// Unchecked: the state is touched by `withLock` alone. `Mutex` of the standard library would ask for iOS 18.
final class Locked<State: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var state: State

    init(_ state: State) {
        self.state = state
    }

    func withLock<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
        lock.lock()
        defer { lock.unlock() }
        return try body(&state)
    }
}

// One accepted call: where the library's callback and the waiting task meet.

import CMatrix

/// Exactly one result comes for it, perhaps before the task has begun to wait.
final class PendingCall: Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Answer, any Error>)
        case ended(Result<Answer, any Error>)
    }

    typealias Submit = (mx_callback, UnsafeMutableRawPointer, UnsafeMutablePointer<mx_op>) throws
        -> mx_status

    private let state = Locked(State.running)

    /// Starts the call, and keeps itself alive until the result has come. Throws if it is refused.
    func start(_ submit: Submit) throws -> mx_op {
        let kept = Unmanaged.passRetained(self)
        var op: mx_op = 0
        do {
            try check(submit(PendingCall.callback, kept.toOpaque(), &op))
        } catch {
            kept.release()
            throw error
        }
        return op
    }

    /// Waits for the result.
    func answer() async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let ended: Result<Answer, any Error>? = state.withLock {
                if case .ended(let result) = $0 { return result }
                $0 = .awaited(continuation)
                return nil
            }
            if let ended { continuation.resume(with: ended) }
        }
    }

    private func end(_ result: Handle) {
        let ended: Result<Answer, any Error> =
            mx_result_status(result.pointer) == MX_OK
            ? .success(Answer(result: result)) : .failure(MatrixError(result: result))
        let continuation: CheckedContinuation<Answer, any Error>? = state.withLock {
            if case .awaited(let continuation) = $0 {
                // What is handed over is not kept: its secrets are wiped when the task lets go of it.
                $0 = .running
                return continuation
            }
            $0 = .ended(ended)
            return nil
        }
        continuation?.resume(with: ended)
    }

    private static let callback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void = {
        result, userData in
        guard let result, let userData else { return }
        let call = Unmanaged<PendingCall>.fromOpaque(userData).takeRetainedValue()
        call.end(Handle(result, free: mx_result_free))
    }
}

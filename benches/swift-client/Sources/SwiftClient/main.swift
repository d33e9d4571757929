// The Swift binding under test: SwiftClient URL REQUESTS IN_FLIGHT, which warms up with a tenth of the requests.

import Foundation
import Matrix

func load(_ client: Client, _ requests: Int, _ inFlight: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<inFlight {
            let share = requests / inFlight + (caller < requests % inFlight ? 1 : 0)
            group.addTask {
                for _ in 0..<share {
                    let answer = try await client.requestTokenToResetPasswordEmail(
                        clientSecret: "monkeys_are_GREAT.and-so-are-their-32", email: "alice@example.org",
                        sendAttempt: 1)
                    precondition(!answer.sid.isEmpty)
                }
            }
        }
        try await group.waitForAll()
    }
}

func seconds(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let requests = Int(arguments[2]), let inFlight = Int(arguments[3]) else {
    fatalError("SwiftClient URL REQUESTS IN_FLIGHT")
}
let client = try Client(arguments[1])
try await load(client, requests / 10, inFlight)
let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
try await load(client, requests, inFlight)
let (wallSeconds, cpuSeconds) = (seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
print("{\"requests\": \(requests), \"wall_s\": \(wallSeconds), \"user_s\": \(cpuSeconds), \"sys_s\": 0}")

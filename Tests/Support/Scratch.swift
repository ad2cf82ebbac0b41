package import Domain
import Foundation
import Synchronization

/// A folder of its own for one test, deleted when the value goes; `DARKROOM_KEEP=1` keeps it.
package final class Scratch: Sendable {
    package let path: String

    package init(_ name: String = "scratch") throws {
        let base = ProcessInfo.processInfo.environment["DARKROOM_SCRATCH"] ?? NSTemporaryDirectory()
        path = (base as NSString).appendingPathComponent("darkroom-\(name)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        guard ProcessInfo.processInfo.environment["DARKROOM_KEEP"] == nil else { return }
        try? FileManager.default.removeItem(atPath: path)
    }

    package func file(_ name: String) -> String { path + "/" + name }
}

/// Clocks that stand still until a test moves them.
package final class ManualClock: Timekeeper {
    private struct State {
        var wall: Int64 = 1_790_000_000_000
        var boot: Int64 = 50_000
        var bootID = "boot-1"
    }

    private let state = Mutex(State())

    package init() {}

    package func wall() -> Timestamp { state.withLock { Timestamp(milliseconds: $0.wall) } }
    package func sinceBoot() -> Int64 { state.withLock { $0.boot } }
    package var bootID: String { state.withLock { $0.bootID } }

    /// Time passes on every clock.
    package func pass(_ span: Span) {
        state.withLock {
            $0.wall += span.milliseconds
            $0.boot += span.milliseconds
        }
    }

    /// The wall clock alone is set.
    package func jumpWall(by span: Span) { state.withLock { $0.wall += span.milliseconds } }

    /// The machine is off for `span` and starts again.
    package func reboot(after span: Span) {
        state.withLock {
            $0.wall += span.milliseconds
            $0.boot = 1000
            $0.bootID += "+"
        }
    }
}

import CDiskShim
import Disk
package import Domain
import Glibc
import Synchronization

/// Wakes whoever watches the inbox: by inotify where events arrive, and by the clock in any case.
///
/// A thread of its own waits; what it yields only says "look", the listing is the truth.
package final class InboxWatcher: Sendable {
    /// "Look at the inbox"; only the newest is kept.
    package let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let folder: String
    private let rescan: Span
    private let wakePipe: (read: Int32, write: Int32)
    private let state = Mutex(State())

    private struct State {
        var isStopped = false
        /// Milliseconds of the monotonic clock at which to wake in any case.
        var alarm: Int64?
        var isWatching = false
    }

    /// - Parameters:
    ///   - folder: the inbox.
    ///   - rescan: longest time between two looks.
    package init(folder: String, rescan: Span) {
        self.folder = folder
        self.rescan = rescan
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        var ends: [Int32] = [-1, -1]
        _ = unsafe dk_wake_pipe(&ends)
        wakePipe = (ends[0], ends[1])
    }

    /// Starts the thread. The first wake comes at once.
    package func start() {
        startThread { @Sendable in self.watch() }
    }

    /// Asks for a wake at a moment from now, as well as at every event.
    package func wake(within span: Span) {
        let at = Self.monotonic() + max(0, span.milliseconds)
        state.withLock { $0.alarm = min($0.alarm ?? at, at) }
        poke()
    }

    package func stop() {
        state.withLock { $0.isStopped = true }
        poke()
    }

    /// Whether file events arrive at the moment.
    package var isWatching: Bool { state.withLock { $0.isWatching } }

    private func poke() {
        var byte: UInt8 = 1
        _ = unsafe write(wakePipe.write, &byte, 1)
    }

    private func watch() {
        var notifier: Int32 = -1
        var lastLook = Self.monotonic() - rescan.milliseconds
        while !state.withLock({ $0.isStopped }) {
            if notifier < 0 {
                notifier = open()
                // Each new watch is followed by a look, for what came before it.
                if notifier >= 0 { lastLook = Self.monotonic() - rescan.milliseconds }
            }
            let now = Self.monotonic()
            let alarm = state.withLock { $0.alarm }
            let due = min(lastLook + rescan.milliseconds, alarm ?? .max)
            // Without events the folder is looked at each second.
            let wait = notifier < 0 ? min(1000, due - now) : due - now
            let found = dk_watch_wait(notifier, wakePipe.read, Int32(clamping: max(0, wait)))
            let isDue = Self.monotonic() >= due
            if isDue, alarm != nil { state.withLock { $0.alarm = nil } }
            let wasPoked = found == 3
            if isDue || (found != 0 && !wasPoked) || (notifier < 0 && !wasPoked) {
                if isDue { lastLook = Self.monotonic() }
                continuation.yield()
            }
            if found == 2 || found < 0 {
                // Events were lost, or the inbox went away and may come back: watch anew.
                close(notifier)
                notifier = -1
            }
        }
        if notifier >= 0 { close(notifier) }
        continuation.finish()
    }

    private func open() -> Int32 {
        let notifier = dk_watch_open()
        let isWatching = unsafe notifier >= 0 && dk_watch_add(notifier, folder) >= 0
        if notifier >= 0, !isWatching { close(notifier) }
        state.withLock { $0.isWatching = isWatching }
        return isWatching ? notifier : -1
    }

    private static func monotonic() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    deinit {
        close(wakePipe.read)
        close(wakePipe.write)
    }
}

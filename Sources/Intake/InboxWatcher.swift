import CDiskShim
import Disk
package import Domain
import Glibc
import Synchronization

/// Wakes whoever watches the inbox: by inotify where events arrive, and by the clock in any case.
///
/// Whether they arrive is tried with a file of our own each time a watch is set.
/// A thread of its own waits; what it yields only says "look", the listing is the truth.
package final class InboxWatcher: Sendable {
    /// "Look at the inbox"; only the newest is kept.
    package let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let changed: @Sendable (Mode) -> Void
    private let lost: @Sendable () -> Void
    private let folder: String
    private let rescan: Span
    private let wakePipe: (read: Int32, write: Int32)
    private let state = Mutex(State())

    private struct State {
        var isStopped = false
        /// Milliseconds of the monotonic clock at which to wake in any case.
        var alarm: Int64?
        var mode: Mode?
        /// The folder that is watched.
        var place: Place?
    }

    private struct Place: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    /// How a change of the inbox is noticed.
    package enum Mode: Sendable, Hashable, CustomStringConvertible {
        case events
        /// Looked at each second, and why.
        case polling(String)

        package var description: String {
            switch self {
            case .events: "file events arrive"
            case .polling(let why): "looked at each second: \(why)"
            }
        }
    }

    /// - Parameters:
    ///   - folder: the inbox.
    ///   - rescan: longest time between two looks.
    ///   - changed: told of each change of the mode, also of the first; on the watcher's thread.
    ///   - lost: told each time that events were lost, or that the inbox is another folder than before; on the watcher's thread.
    package init(
        folder: String, rescan: Span, changed: @escaping @Sendable (Mode) -> Void = { _ in },
        lost: @escaping @Sendable () -> Void = {}
    ) {
        self.changed = changed
        self.lost = lost
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

    /// How changes are noticed at the moment; nil before the first look.
    package var mode: Mode? { state.withLock { $0.mode } }

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
            let polls = mode != .events
            let now = Self.monotonic()
            let alarm = state.withLock { $0.alarm }
            let due = min(lastLook + rescan.milliseconds, alarm ?? .max)
            let wait = polls ? min(1000, due - now) : due - now
            let found = dk_watch_wait(notifier, wakePipe.read, Int32(clamping: max(0, wait)))
            let isDue = Self.monotonic() >= due
            if isDue, alarm != nil { state.withLock { $0.alarm = nil } }
            if isDue || found == 1 || found == 2 || (polls && found == 0) {
                if isDue { lastLook = Self.monotonic() }
                continuation.yield()
            }
            if found == 2 || found < 0 || (isDue && notifier >= 0 && isElsewhere) {
                // Events were lost, or the inbox went away and may come back, or something was mounted on it: watch anew.
                if notifier >= 0 { lost() }
                close(notifier)
                notifier = -1
            }
        }
        if notifier >= 0 { close(notifier) }
        continuation.finish()
    }

    /// How long the first event is waited for: on any file system that gives them it comes at once.
    private static let probeMilliseconds: Int32 = 250

    /// A watch on the inbox, or -1.
    private func open() -> Int32 {
        let notifier = dk_watch_open()
        guard unsafe notifier >= 0 && dk_watch_add(notifier, folder) >= 0 else {
            let why = Self.why(errno)
            if notifier >= 0 { close(notifier) }
            note(.polling(why))
            return -1
        }
        let info = (try? Files.info(folder)) ?? nil
        state.withLock { $0.place = info.map { Place(device: $0.device, inode: $0.inode) } }
        note(Self.judge(notifier, folder))
        return notifier
    }

    /// Tries how a change of `folder` would be noticed now; blocks for a quarter of a second where no events come.
    package static func probe(_ folder: String) -> Mode {
        let notifier = dk_watch_open()
        defer { if notifier >= 0 { close(notifier) } }
        guard unsafe notifier >= 0 && dk_watch_add(notifier, folder) >= 0 else { return .polling(why(errno)) }
        return judge(notifier, folder)
    }

    private static func why(_ code: Int32) -> String {
        code == ENOSPC ? "all watches of this user are taken" : DiskError.text(of: code)
    }

    /// What a watch is worth on the file system of its folder.
    private static func judge(_ notifier: Int32, _ folder: String) -> Mode {
        if Folders.isShared(folder) { return .polling("other machines may change a network file system") }
        if unsafe dk_watch_probe(notifier, folder + "/.darkroom-probe", probeMilliseconds) == 0 {
            return .polling("this file system gives no events")
        }
        return .events
    }

    /// Whether the folder's name stands for another folder than the one that is watched.
    private var isElsewhere: Bool {
        let info = (try? Files.info(folder)) ?? nil
        let now = info.map { Place(device: $0.device, inode: $0.inode) }
        return now != state.withLock { $0.place }
    }

    private func note(_ mode: Mode) {
        let isNews = state.withLock { state in
            defer { state.mode = mode }
            return state.mode != mode
        }
        if isNews { changed(mode) }
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

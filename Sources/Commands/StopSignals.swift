import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT: the first drains, the second stops now, and so does the end of the grace time. SIGHUP reloads, or drains
/// where the terminal that the process was started on is gone.
// Unchecked: the sources are set once, before the first event, and only cancelled after that.
final class StopSignals: @unchecked Sendable {
    /// How long paid calls under way are awaited: below systemd's 90 s.
    private static let grace = DispatchTimeInterval.seconds(75)

    private let sources: [any DispatchSourceSignal]
    private let count = Atomic<Int>(0)

    /// - Parameters:
    ///   - reload: what SIGHUP asks for; nil where there is nothing to reload.
    ///   - stop: what the first SIGTERM or SIGINT asks for.
    init(reload: (@Sendable () -> Void)? = nil, _ stop: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        let drainsOnHangUp = Self.hasTerminal() && !Self.ignoresHangUp()
        let numbers = [SIGTERM, SIGINT] + (reload != nil || drainsOnHangUp ? [SIGHUP] : [])
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for (number, source) in zip(numbers, sources) {
            source.setEventHandler { @Sendable in
                if number == SIGHUP, !drainsOnHangUp || Self.hasTerminal() {
                    reload?()
                    return
                }
                guard self.count.add(1, ordering: .relaxed).newValue == 1 else { _exit(1) }
                queue.asyncAfter(deadline: .now() + Self.grace) { @Sendable in _exit(1) }
                stop()
            }
            source.resume()
        }
    }

    func end() {
        for source in sources { source.cancel() }
    }

    /// Whether the process has a controlling terminal that is still there.
    private static func hasTerminal() -> Bool {
        let terminal = unsafe open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)
        guard terminal >= 0 else { return false }
        close(terminal)
        return true
    }

    /// Whether the process was started with SIGHUP ignored, as nohup(1) does.
    private static func ignoresHangUp() -> Bool {
        var action = sigaction()
        guard unsafe sigaction(SIGHUP, nil, &action) == 0 else { return false }
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

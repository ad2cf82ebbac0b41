import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT: the first drains, the second stops now, and so does the end of the grace time.
// Unchecked: the sources are set once, before the first event, and only cancelled after that.
final class StopSignals: @unchecked Sendable {
    /// How long paid calls under way are awaited: below systemd's 90 s.
    private static let grace = DispatchTimeInterval.seconds(75)

    private let sources: [any DispatchSourceSignal]
    private let count = Atomic<Int>(0)

    init(_ stop: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for source in sources {
            source.setEventHandler { @Sendable in
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
}

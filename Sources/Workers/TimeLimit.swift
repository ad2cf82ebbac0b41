/// How long a worker may take for one picture.
///
/// What counts is processor time: it says how much work a picture is, whatever else the machine has to do. The wall clock only
/// ends a worker that makes no progress.
struct TimeLimit: Sendable, Equatable {
    /// Processor time of the whole process: all threads together, in user and in kernel mode.
    let processor: Duration

    /// A worker that gets no further for this many times its processor time stands still.
    static let patience = 20

    /// How long a worker may make no progress.
    var standstill: Duration { processor * Self.patience }

    /// What counts as progress: less is what signals and timers cost a process that does nothing. It also bounds how long a
    /// worker can keep its place by doing next to nothing, to about 2,000 times its processor time.
    fileprivate var grain: Duration { processor / 100 }

    /// How often to look at a worker.
    var lookEvery: Duration { min(.seconds(1), max(.milliseconds(10), processor / 20)) }
}

/// Which limit of time ended a worker.
package enum Lateness: Sendable, Equatable, CustomStringConvertible {
    /// It used more processor time than one picture may.
    case processorTime(Duration)
    /// It made no progress for so long on the wall clock.
    case standstill(Duration)

    package var description: String {
        switch self {
        case .processorTime(let limit): "it used more than \(Self.words(limit)) of processor time"
        case .standstill(let limit): "it made no progress for \(Self.words(limit))"
        }
    }

    /// Seconds as people write them: "30 s", "0.4 s".
    package static func words(_ span: Duration) -> String {
        let (seconds, rest) = span.components
        let tenths = (rest + 50_000_000_000_000_000) / 100_000_000_000_000_000
        return tenths == 0 ? "\(seconds) s" : tenths == 10 ? "\(seconds + 1) s" : "\(seconds).\(tenths) s"
    }
}

/// Watches the time of one worker at one picture: readings of two clocks in, a verdict out.
struct TimeWatch {
    private let limit: TimeLimit
    /// Processor time at the start, and when the worker last got on.
    private let start: Duration
    private var reached: Duration
    /// When the worker was last looked at, and for how long it has been seen to stand still.
    private var looked: Duration
    private var stood = Duration.zero

    /// - Parameters:
    ///   - used: processor time of the worker until now.
    ///   - now: a clock that does not run while the machine is suspended.
    init(_ limit: TimeLimit, used: Duration, at now: Duration) {
        self.limit = limit
        start = used
        reached = used
        looked = now
    }

    /// Which limit the worker has passed; nil while it may go on.
    mutating func lateness(used: Duration, at now: Duration) -> Lateness? {
        // Who was not looking, because this process was stopped or frozen as well, has not seen the worker stand still.
        let passed = min(now - looked, max(.seconds(1), limit.lookEvery * 2))
        looked = now
        if used - start > limit.processor { return .processorTime(limit.processor) }
        if used - reached >= limit.grain {
            reached = used
            stood = .zero
            return nil
        }
        stood += max(.zero, passed)
        return stood >= limit.standstill ? .standstill(limit.standstill) : nil
    }
}

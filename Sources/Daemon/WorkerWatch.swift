import CLinuxShim
import Disk
import Synchronization
import Workers

/// Tells image workers that do nothing from those that take long: by the processor time that they use.
final class WorkerWatch: Sendable {
    private struct Sight {
        var used: Int64
        var at: Int64
    }

    /// How long a worker may have a picture and use no processor time, milliseconds.
    private static let patience: Int64 = 4000

    private let seen = Mutex<[Int32: Sight]>([:])

    private let said = Mutex<String?>(nil)

    /// Notes why no worker can be started, nil where one can; says whether that is news.
    func note(trouble: String?) -> Bool {
        said.withLock { known in
            defer { known = trouble }
            return known != trouble
        }
    }

    /// How many workers are stuck.
    func stuck(_ pool: WorkerPool) -> Int {
        let busy = pool.busy
        let now = Monotonic.milliseconds()
        return seen.withLock { seen in
            seen = seen.filter { process, _ in busy.contains { $0.process == process } }
            var stuck = 0
            for worker in busy {
                var used: Int64 = 0
                // One that has ended is not stuck.
                guard unsafe lx_processor_time(worker.process, &used) == 0 else { continue }
                guard let before = seen[worker.process], before.used == used, before.at >= worker.since else {
                    seen[worker.process] = Sight(used: used, at: now)
                    continue
                }
                if now - before.at >= Self.patience { stuck += 1 }
            }
            return stuck
        }
    }
}

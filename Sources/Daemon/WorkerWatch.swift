import Disk
import Synchronization
import Workers

/// Tells image workers that do nothing from those that take long: by the processor time that they use.
final class WorkerWatch: Sendable {
    private struct Sight {
        var ticks: Int64
        var at: Int64
    }

    /// How long a worker may have a picture and use no processor time, milliseconds.
    private static let patience: Int64 = 4000

    private let seen = Mutex<[Int32: Sight]>([:])

    private let why = Mutex<String?>(nil)

    /// Why no worker could be had when last tried; nil where that is not known.
    var trouble: String? { why.withLock { $0 } }

    /// Whether that is news.
    func note(trouble: String) -> Bool {
        why.withLock { known in
            defer { known = trouble }
            return known != trouble
        }
    }

    /// How many workers are stuck.
    func stuck(_ pool: WorkerPool) async -> Int {
        let busy = pool.busy
        let now = Monotonic.milliseconds()
        let ticks = await BlockingLane.disk.run { busy.map { Self.ticks($0.process) } }
        return seen.withLock { seen in
            seen = seen.filter { process, _ in busy.contains { $0.process == process } }
            var stuck = 0
            for (worker, ticks) in zip(busy, ticks) {
                guard let ticks else { continue }
                guard let before = seen[worker.process], before.ticks == ticks, before.at >= worker.since else {
                    seen[worker.process] = Sight(ticks: ticks, at: now)
                    continue
                }
                if now - before.at >= Self.patience { stuck += 1 }
            }
            return stuck
        }
    }

    /// Processor time of a process, all of it (proc(5), fields 14 and 15); nil when it has ended.
    private static func ticks(_ process: Int32) -> Int64? {
        guard let bytes = (try? Files.read("/proc/\(process)/stat", limit: 4096)) ?? nil else { return nil }
        // After the name, which may hold anything, in brackets.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 13, let user = Int64(fields[11]), let system = Int64(fields[12]) else { return nil }
        return user + system
    }
}

import Disk
import Documents
import Journal
import StatusPage

/// What the daemon says of whether work flows, to the log and to `status`, once for each change.
struct HealthNote {
    private let place: String
    private let log: Log
    private var said = Readiness()
    /// What stands in the file; nil where there is none.
    private var written: [UInt8]? = []

    /// - Parameter place: the file that `status` reads.
    init(_ place: String, _ log: Log) {
        self.place = place
        self.log = log
    }

    mutating func tell(_ now: Readiness) async {
        let before = Set(said.obstacles.map(\.code))
        for obstacle in now.obstacles where !before.contains(obstacle.code) {
            log.warning("work does not flow", ["why": obstacle.message, "code": obstacle.code])
        }
        if now.stuckWorkers > said.stuckWorkers {
            log.warning(
                "an image worker is stuck: it is ended and replaced after 20 times workers.timeout without progress",
                ["stuck": String(now.stuckWorkers)])
        }
        if now.isReady, !said.isReady { log.info("work flows again") }
        said = now
        let text = Array(now.document.compact.utf8)
        guard text != written else { return }
        let place = place
        let isWritten = await BlockingLane.disk.run { (try? Files.writeDurably(text, to: place)) != nil }
        // Better nothing than what is no longer so.
        if isWritten { written = text } else { await clear() }
    }

    /// Takes back what was said to `status`.
    mutating func clear() async {
        guard written != nil else { return }
        let place = place
        written = await BlockingLane.disk.run { (try? Files.remove(place)) != nil } ? nil : []
    }
}

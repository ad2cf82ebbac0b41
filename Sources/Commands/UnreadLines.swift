import Disk
import Domain
import Intake
import Spool

/// The lines of a batch that are no jobs yet.
struct UnreadLines {
    private let batch: String
    private let spool: SpoolFolders
    private let found: UnreadBatches?

    /// - Parameter batch: an id, or a name.
    init(of batch: String, _ spool: SpoolFolders) {
        self.batch = batch
        self.spool = spool
        found = try? UnreadBatches(spool)
    }

    private var claimed: [UnreadBatches.Claimed] { found?.claimed(batch) ?? [] }

    /// Whether none was taken from the inbox that has any.
    var isEmpty: Bool { claimed.isEmpty }

    /// Whether one lies in the inbox.
    var isInInbox: Bool { found?.isInInbox(batch) ?? false }

    /// Whether one was handed over of which lines are not read.
    var isOnItsWay: Bool { found?.holds(batch) ?? false }

    /// Whether there may be one: what is being taken, or cannot be looked at, may be anything.
    var mayBe: Bool { found?.mayHold(batch) ?? true }

    var words: String {
        "the lines of " + claimed.map(\.id.description).sorted().joined(separator: ", ") + " that are not read yet"
    }

    /// Lets none of them run.
    func cancel() throws(CommandError) {
        for batch in claimed {
            do throws(DiskError) { _ = try batch.cancel() } catch {
                throw CommandError(.inputOutput, "\(batch.id): \(error)", hint: "run it as the daemon's user")
            }
        }
    }
}

import Disk
import Domain
import Ledger
import Outcomes
import Spool

/// A hand-over that repeats an earlier one word for word under the same id: nothing is bought, its outputs are linked.
struct Duplicate: Sendable {
    let shop: Workshop
    let job: JobRecord

    func run() async throws {
        guard let id = job.duplicateOf else { return }
        let first = try await shop.ledger.job(id)
        switch first?.state {
        case .failed?, .held?:
            // There is nothing to link, and done needs at least one output that was made.
            let reason = first?.reason ?? Reason(.internalFault, "the job that this one repeats has no result")
            return try await shop.settler.settle(job, as: .failed, because: reason)
        case .done?, nil: break
        default:
            let waits = Reason(first?.waiting ?? .overloaded, "the job that this one repeats has not settled yet")
            throw StepEnd.hindered(waits, .seconds(5))
        }
        let from = shop.spool.outcome(.done, of: id)
        let to = shop.spool.staged(job.id)
        var changes: [Change] = []
        for output in try await shop.ledger.outputs(of: id) where output.state == .made {
            guard let file = output.file else { continue }
            let linked = try await BlockingLane.disk.run { () throws(DiskError) -> Bool in
                try Folders.make(to)
                let isThere = try Files.link(from + "/" + file, at: to + "/" + file)
                guard isThere else { return false }
                for beside in [file + ".json", Preview.name(of: file)] {
                    _ = try Files.link(from + "/" + beside, at: to + "/" + beside)
                }
                return isThere
            }
            guard linked, output.index <= job.count else { continue }
            var copy = output
            copy.job = job.id
            changes.append(.output(copy))
        }
        let written = try await shop.ledger.write(job.hold, nil, changes)
        try await shop.settler.settle(written, as: .done, because: nil)
    }
}

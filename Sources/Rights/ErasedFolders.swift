import Disk
import Domain
import Spool

/// The outcome folders of an erasure: out of sight by one rename each, then deleted; or kept in private under a legal hold.
struct ErasedFolders: Sendable {
    let spool: SpoolFolders
    /// The erasure's id.
    let request: String

    private static let prefix = "erased-"

    /// What was found of a job.
    struct Hidden: Sendable {
        /// Outcomes whose folder is out of sight, now or since an earlier try.
        var outcomes: Set<Outcome> = []
        /// Whether any was seen by others until now.
        var isNew = false
    }

    private func hidden(_ outcome: Outcome, _ job: String) -> String {
        spool.staging + "/" + Self.prefix + request + "-" + outcome.rawValue + "-" + job
    }

    private func hiddenStage(_ job: String) -> String { spool.staging + "/" + Self.prefix + request + "-staged-" + job }

    private var kept: String { spool.kept + "/" + request }

    /// Takes a job's folders out of sight. The caller syncs with `sync`.
    ///
    /// - Parameter keeps: its outputs are under a hold: they are moved where nobody but Darkroom comes, and stay.
    func hide(_ job: String, keeps: Bool) throws(DiskError) -> Hidden {
        var found = Hidden()
        // What is being published: whoever does it finds nothing to rename any more.
        _ = try move(spool.staged(job), to: hiddenStage(job))
        for outcome in Outcome.allCases {
            let isKept = keeps && outcome == .done
            if isKept { try Folders.make(kept) }
            let place = isKept ? kept + "/" + job : hidden(outcome, job)
            if try move(spool.outcome(outcome, of: job), to: place) { found.isNew = true }
            if try Files.info(place) != nil { found.outcomes.insert(outcome) }
        }
        return found
    }

    /// Whether a job's published outputs could be in the hands of those they are for, but for a delivery: its folder stands.
    func isPublished(_ job: String) throws(DiskError) -> Bool {
        try Files.info(spool.outcome(.done, of: job)) != nil
    }

    func sync() throws(DiskError) {
        for folder in Outcome.allCases.map({ spool.outcomes($0) }) + [spool.staging] { try Folders.sync(folder) }
        if Files.exists(kept) {
            try Folders.sync(kept)
            try Folders.sync(spool.kept)
        }
    }

    /// Deletes what is out of sight, and what a run that had not noticed yet left in the staging folder.
    func purge(_ jobs: [String]) throws(DiskError) {
        for job in jobs { try Folders.removeTree(spool.staged(job)) }
        let mine = Self.prefix + request + "-"
        for entry in try Folders.list(spool.staging).entries where entry.name.hasPrefix(mine) {
            try Folders.removeTree(spool.staging + "/" + entry.name)
        }
        try Folders.sync(spool.staging)
    }

    /// Jobs whose outputs are kept under a hold.
    func keptJobs() throws(DiskError) -> [String] {
        guard Files.exists(kept) else { return [] }
        return try Folders.list(kept).entries.map(\.name)
    }

    /// Deletes what was kept of a job.
    func purgeKept(_ job: String) throws(DiskError) {
        try Folders.removeTree(kept + "/" + job)
        try Folders.sync(kept)
    }

    /// Deletes the folder of what was kept, which is empty by now.
    func endKept() throws(DiskError) {
        guard Files.exists(kept) else { return }
        try Folders.removeTree(kept)
        try Folders.sync(spool.kept)
    }

    /// Deletes a folder that answered a request of the subject.
    func removeAnswer(_ name: String) throws(DiskError) {
        try Folders.removeTree(spool.outcomes(.done) + "/" + name)
        try Folders.sync(spool.outcomes(.done))
    }

    private func move(_ from: String, to place: String) throws(DiskError) -> Bool {
        guard try Files.info(from) != nil else { return false }
        // An earlier try may have moved what stood there before, and it came again.
        if Files.exists(place) { try Folders.removeTree(place) }
        do throws(DiskError) {
            try Files.rename(from, to: place)
        } catch {
            // Taken away at this moment: that is its delivery.
            if error.isMissing { return false }
            throw error
        }
        return true
    }
}

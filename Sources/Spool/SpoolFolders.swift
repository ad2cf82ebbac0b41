package import Disk
package import Domain

/// Where things are in a spool.
package struct SpoolFolders: Sendable, Hashable {
    package let root: String

    package init(root: String) {
        self.root = root
    }

    /// The only place others write to.
    package var inbox: String { root + "/inbox" }
    package var privateFolder: String { root + "/.darkroom" }
    package var ledger: String { privateFolder + "/ledger.sqlite" }
    package var blobs: String { privateFolder + "/blobs" }
    /// Under which they are sealed, one file a job.
    package var keys: String { privateFolder + "/keys" }
    /// To which the keys of an hour's jobs are sealed, one file an hour.
    package var hours: String { privateFolder + "/hours" }
    /// What is kept of subjects beyond their jobs, sealed under the key of each; those keys stand in `keys`.
    package var subjects: String { privateFolder + "/subjects" }
    /// To which keys of hours are sealed, where the configuration names no other.
    package var sealKey: String { privateFolder + "/seal.key" }
    /// What was taken from the inbox and is not accepted yet, one folder a claim.
    package var claims: String { privateFolder + "/claims" }
    /// Outcome folders that are not published yet, one a job.
    package var staging: String { privateFolder + "/staging" }
    /// Where a group may ask for subjects by files; there only with `spool.requests_group`.
    package var requests: String { root + "/requests" }
    /// Such files that were taken and are not answered yet.
    package var orders: String { privateFolder + "/orders" }
    /// Outputs of erased subjects that a legal hold keeps, one folder an erasure.
    package var kept: String { privateFolder + "/kept" }
    /// Signed receipts of erasures, one file each.
    package var receipts: String { privateFolder + "/receipts" }
    /// Held while something is erased: one process at a time.
    package var rightsLock: String { privateFolder + "/rights.lock" }
    /// The audit log, and the keys under which it speaks of subjects.
    package var audit: String { privateFolder + "/audit" }
    /// What the audit log is signed with.
    package var auditKey: String { privateFolder + "/audit.key" }
    /// What is counted of prompts, a week a file.
    package var statistics: String { privateFolder + "/statistics" }
    /// Holds a byte when the last run crashed.
    package var crashNote: String { privateFolder + "/crash" }
    /// Written and deleted to see whether that can be done.
    package var probe: String { privateFolder + "/probe" }
    /// Whether work flows, as the daemon sees it; there while it runs.
    package var readiness: String { privateFolder + "/readiness" }
    package var lock: String { privateFolder + "/lock" }

    /// What others may see of outputs; made when a job first asks for it.
    package var gallery: String { root + "/gallery" }
    package var galleryIndex: String { gallery + "/index.json" }
    /// Held by whoever writes the index or takes pictures out.
    package var galleryLock: String { privateFolder + "/gallery.lock" }
    /// The gallery's folder until it has its mode; no job has this name.
    package var galleryDraft: String { staging + "/.gallery" }

    package func outcomes(_ outcome: Outcome) -> String { root + "/" + outcome.rawValue }
    package func outcome(_ outcome: Outcome, of job: String) -> String { outcomes(outcome) + "/" + job }
    package func staged(_ job: String) -> String { staging + "/" + job }
    package func claim(_ token: String) -> String { claims + "/" + token }
    /// A claim whose job is in the ledger: what is left of it is never a hand-over again.
    package func droppedClaim(_ token: String) -> String { claims + "/" + Self.droppedPrefix + token }
    package static let droppedPrefix = "gone-"
    /// Everywhere a claim's plain files can be.
    package func claimPlaces(_ token: String) -> [String] { [claim(token), droppedClaim(token)] }

    /// Whether a spool stands here already.
    package var exists: Bool { Files.exists(ledger) }

    /// Mode of a published outcome folder; the set-group-id bit hands the group on to what is in it.
    package static let outcomeMode: UInt32 = 0o2750

    /// Makes what is missing; modes do not depend on the caller's umask.
    ///
    /// - Parameters:
    ///   - group: who may hand over, and take outcomes away; nil for this user alone.
    ///   - requests: who may ask for subjects by files; nil for nobody.
    package func prepare(group: UInt32? = nil, requests others: UInt32? = nil) throws(DiskError) {
        try Folders.make(root, mode: 0o755)
        for folder in [privateFolder, blobs, keys, hours, subjects, claims, staging] {
            try Folders.make(folder)
            try Folders.setMode(folder, 0o700)
        }
        for folder in [inbox, outcomes(.done), outcomes(.failed), outcomes(.held)] where !Files.exists(folder) {
            try Folders.make(folder)
            try Folders.setMode(folder, 0o750)
        }
        if let group {
            try Folders.share(inbox, with: group, mode: 0o2770)
            try Folders.letGroupWrite(in: inbox)
            for outcome in Outcome.allCases {
                try Folders.share(outcomes(outcome), with: group, mode: Self.outcomeMode)
            }
            if Files.exists(gallery) { try Folders.share(gallery, with: group, mode: Self.outcomeMode) }
            // Outcome folders are made here and keep their group when they are renamed; nobody else comes through the private folder.
            try Folders.share(staging, with: group, mode: 0o2700)
        }
        if let others {
            try Folders.make(orders)
            try Folders.make(requests)
            try Folders.share(requests, with: others, mode: 0o2770)
            try Folders.letGroupWrite(in: requests)
        }
        try Folders.sync(root)
    }
}

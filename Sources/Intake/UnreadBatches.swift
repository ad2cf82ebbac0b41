package import Disk
package import Domain
package import Spool

/// Batches with lines that are not jobs yet: those in the inbox, and those that are read as places in the queue become free.
package struct UnreadBatches: Sendable {
    /// One that was taken from the inbox.
    package struct Claimed: Sendable {
        package let id: BatchID
        fileprivate let folder: String
    }

    /// Labels of those that lie in the inbox.
    private let names: Set<String>
    private let claimed: [Claimed]
    /// Whether one is being taken whose name cannot be seen yet.
    private let isUnsure: Bool

    /// Only for a user who may look into the private folder.
    package init(_ spool: SpoolFolders) throws(DiskError) {
        // The inbox first: what is taken from it meanwhile is then seen in both places, and never in none.
        names = Set(
            try Folders.list(spool.inbox).entries.compactMap { entry in
                guard entry.info.kind == .file, Batch.isBatch(entry.name), !IgnoredNames.contains(entry.name) else {
                    return nil
                }
                return InboxNames.split(entry.name).map { JobName.label(from: $0.stem) }
            })
        var claimed: [Claimed] = []
        var isUnsure = false
        let form = Arrival.Form.batch
        for entry in try Folders.list(spool.claims).entries where entry.name.hasPrefix(form.rawValue + "-") {
            let claim = Claim(token: entry.name, form: form, folder: spool.claim(entry.name))
            // One that is over by now has all its lines in the ledger.
            guard let files = try? Folders.list(claim.folder).entries else { continue }
            if let file = files.first(where: { Batch.isBatch($0.name) }), let stem = InboxNames.split(file.name)?.stem {
                claimed.append(Claimed(id: claim.batch(named: stem), folder: claim.folder))
            } else if Monotonic.wall() - entry.info.changed / 1_000_000 < Self.longestTaking.milliseconds {
                isUnsure = true
            }
        }
        self.claimed = claimed
        self.isUnsure = isUnsure
    }

    /// How long taking a batch from an inbox on another file system is waited for.
    private static let longestTaking = Span.minutes(15)

    /// Those of this id or name that were taken from the inbox.
    package func claimed(_ name: String) -> [Claimed] {
        claimed.filter { $0.id.description == name || $0.id.name == name }
    }

    /// Whether one of this name lies in the inbox.
    package func isInInbox(_ name: String) -> Bool { names.contains(name) }

    /// Whether a batch of this id or name has, or may have, lines that are not read.
    package func mayHold(_ name: String) -> Bool { isInInbox(name) || isUnsure || !claimed(name).isEmpty }

    /// Whether a batch of this id or name is certain to have such lines.
    package func holds(_ name: String) -> Bool { isInInbox(name) || !claimed(name).isEmpty }
}

extension UnreadBatches.Claimed {
    /// Lets none of its lines run that is not a job yet: each fails as cancelled. False where all of them are jobs by now.
    package func cancel() throws(DiskError) -> Bool {
        do throws(DiskError) {
            guard let info = try Files.info(folder) else { return false }
            try Files.writeDurably([], to: folder + "/" + Batch.cancelMark)
            // A mark makes no claim younger.
            try Folders.setModified(folder, info.modified / 1_000_000)
            return true
        } catch {
            guard error.isMissing else { throw error }
            return false
        }
    }

    /// Whether it has lines that are not read.
    package var isUnread: Bool { Files.exists(folder) }
}

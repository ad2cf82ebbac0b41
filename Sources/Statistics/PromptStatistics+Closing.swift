package import Disk
import Documents
package import Domain

extension PromptStatistics {
    /// A week that was closed.
    package struct Closed: Sendable, Hashable {
        package let week: Week
        /// Cells that are published; nil where nothing was.
        package let cells: Int?
    }

    /// What a close does, in this order; each can be done again.
    package enum Step: Sendable, CaseIterable {
        case published, saltEnded, tokensEnded
    }

    /// Closes every week that is over: publishes what may be, then ends the salt, then the tokens.
    ///
    /// What was asked for when something was counted holds for it, whatever the configuration says by now.
    ///
    /// - Parameters:
    ///   - now: the age clock's.
    ///   - uncounted: references of subjects that are taken out first.
    ///   - reached: told of each step; what it throws ends the close there, to be gone on with at the next.
    package func close(
        before now: Timestamp, without uncounted: [String] = [],
        reached: (Step) throws(DiskError) -> Void = { (_) throws(DiskError) in }
    ) throws(DiskError) -> [Closed] {
        let current = Week(of: now)
        var closed: [Closed] = []
        for week in try weeks() where week < current {
            let lock = try held()
            defer { withExtendedLifetime(lock) {} }
            let cells = try publish(week, without: uncounted)
            try reached(.published)
            try Files.shred(salt(week))
            try Folders.sync(Files.parent(of: salt(week)))
            try reached(.saltEnded)
            // Without their salt they say nothing; the first of them are written over all the same.
            for left in [tokens(week), tokens(week) + ".tmp", salt(week) + ".tmp", published(week) + ".tmp"] {
                try Files.shred(left)
            }
            try Folders.sync(Files.parent(of: salt(week)))
            try reached(.tokensEnded)
            closed.append(Closed(week: week, cells: cells))
        }
        return closed
    }

    /// Whether a week is over that is not closed.
    package func isDue(at now: Timestamp) throws(DiskError) -> Bool { try weeks().contains { $0 < Week(of: now) } }

    /// Publishes a week, unless that was done already; nil where there is nothing of it.
    private func publish(_ week: Week, without uncounted: [String]) throws(DiskError) -> Int? {
        guard !Files.exists(published(week)), let salt = try salt(of: week), Files.exists(tokens(week)),
            let bytes = try Files.read(tokens(week), limit: 2 * Self.mostBytes)
        else { return nil }
        var most = Anonymity.floor
        var subjects: [PromptCell: Set<String>] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard let contribution = Contribution(line) else { continue }
            most = max(most, contribution.least)
            subjects[contribution.cell, default: []].insert(contribution.token)
        }
        for (cell, tokens) in subjects where !uncounted.isEmpty {
            subjects[cell] = tokens.subtracting(uncounted.map { Self.token(of: $0, cell, salt) })
        }
        let release = PromptRelease(of: subjects.mapValues(\.count), least: most)
        let document = release.document(of: week, least: most)
        try Files.writeDurably(Array((document.pretty + "\n").utf8), to: published(week))
        return release.cells.count
    }
}

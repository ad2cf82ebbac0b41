package import Disk
package import Domain

/// One hand-over that is whole and can be taken.
package struct Arrival: Sendable, Hashable {
    package enum Form: String, Sendable, CaseIterable {
        case folder, plain, manifest, orphan
    }

    package let form: Form
    /// NAME: of the folder, or of the text without its suffix.
    package let name: String
    /// Names to take, companions first: the last one is the commit point.
    package let files: [String]
}

/// Looks at a listing of the inbox and says what is ready. The listing is the truth; events only say when to look.
package struct InboxSurvey: Sendable {
    /// How one name looked when it was last seen, and since when it looks so.
    private struct Sighting: Sendable {
        var info: FileInfo
        var since: Timestamp
    }

    package struct Findings: Sendable {
        package var arrivals: [Arrival] = []
        /// When to look again though nothing may happen; nil when nothing ripens.
        package var lookAgain: Timestamp?
        /// Names that are not whole yet but will be within the settle time if nothing changes them.
        package var settling = 0
        /// Hand-overs that are not whole, and names that nothing has claimed.
        package var waiting = 0
        /// Names that no form explains: batches, and files of other kinds.
        package var strangers = 0
    }

    private let settle: Span
    private let orphanAfter: Span
    private var seen: [String: Sighting] = [:]

    /// - Parameters:
    ///   - settle: how long a file that was not renamed in must stay unchanged.
    ///   - orphanAfter: how long an image, or a manifest with a missing file, may wait.
    package init(settle: Span, orphanAfter: Span) {
        self.settle = settle
        self.orphanAfter = orphanAfter
    }

    /// Surveys a listing.
    ///
    /// - Parameters:
    ///   - entries: what stands in the inbox.
    ///   - now: any clock that does not jump.
    ///   - inside: lists a folder of the inbox by name.
    ///   - named: the images that a manifest of the inbox names; nil when it cannot be read as one.
    package mutating func survey(
        _ entries: [Folders.Entry], now: Timestamp, inside: (String) -> [Folders.Entry], named: (String) -> [String]?
    ) -> Findings {
        let entries = entries.filter { !InboxNames.isIgnored($0.name) }
        note(entries, now)
        var findings = Findings()
        var taken: Set<String> = []
        let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        for entry in entries {
            switch entry.info.kind {
            case .folder: surveyFolder(entry, now, inside, &findings)
            case .file:
                let parts = InboxNames.split(entry.name)
                switch parts?.suffix.lowercased() {
                case "txt": surveyPlain(entry, byName, now, &findings, &taken)
                case "json": surveyManifest(entry, byName, now, named, &findings, &taken)
                case let suffix? where InboxNames.images.contains(suffix): break
                default: findings.strangers += 1
                }
            case .link, .other: findings.strangers += 1
            }
        }
        surveyOrphans(entries, taken, now, &findings)
        let leaving = Set(findings.arrivals.flatMap(\.files))
        findings.waiting = entries.count { !leaving.contains($0.name) }
        return findings
    }

    private mutating func note(_ entries: [Folders.Entry], _ now: Timestamp) {
        var next: [String: Sighting] = [:]
        for entry in entries {
            if let known = seen[entry.name], known.info == entry.info {
                next[entry.name] = known
            } else {
                next[entry.name] = Sighting(info: entry.info, since: now)
            }
        }
        seen = next
    }

    /// Whole at once where it was renamed in, else after it has looked the same for the settle time.
    ///
    /// A rename changes a file's ctime alone; whoever is still writing changes both times to the same moment.
    private func isWhole(_ entry: Folders.Entry, _ now: Timestamp, _ findings: inout Findings) -> Bool {
        if entry.info.changed > entry.info.modified, entry.info.bytes > 0 { return true }
        let ripe = (seen[entry.name]?.since ?? now).after(settle)
        if ripe <= now { return true }
        findings.settling += 1
        Self.lookAgain(at: ripe, &findings)
        return false
    }

    private static func lookAgain(at moment: Timestamp, _ findings: inout Findings) {
        findings.lookAgain = min(findings.lookAgain ?? moment, moment)
    }

    // MARK: forms

    private func surveyFolder(
        _ entry: Folders.Entry, _ now: Timestamp, _ inside: (String) -> [Folders.Entry], _ findings: inout Findings
    ) {
        guard isWhole(entry, now, &findings) else { return }
        // Somebody may still be filling a folder that was made here rather than renamed in.
        guard inside(entry.name).contains(where: { $0.name == "job.json" }) else {
            findings.strangers += 1
            return
        }
        findings.arrivals.append(Arrival(form: .folder, name: entry.name, files: [entry.name]))
    }

    private func surveyPlain(
        _ entry: Folders.Entry, _ byName: [String: Folders.Entry], _ now: Timestamp, _ findings: inout Findings,
        _ taken: inout Set<String>
    ) {
        guard let stem = InboxNames.split(entry.name)?.stem else { return }
        let suffixes = InboxNames.images.flatMap { [$0, $0.uppercased()] }
        let companions = (suffixes.map { "\(stem).\($0)" } + ["\(stem).mask.png"]).compactMap { byName[$0] }
        taken.formUnion(companions.map(\.name))
        var isReady = isWhole(entry, now, &findings)
        for companion in companions where !isWhole(companion, now, &findings) { isReady = false }
        guard isReady else { return }
        let files = companions.map(\.name) + [entry.name]
        findings.arrivals.append(Arrival(form: .plain, name: stem, files: files))
    }

    private func surveyManifest(
        _ entry: Folders.Entry, _ byName: [String: Folders.Entry], _ now: Timestamp, _ named: (String) -> [String]?,
        _ findings: inout Findings, _ taken: inout Set<String>
    ) {
        guard let stem = InboxNames.split(entry.name)?.stem, isWhole(entry, now, &findings) else { return }
        let names = named(entry.name) ?? []
        taken.formUnion(names)
        let present = names.compactMap { byName[$0] }
        let late = (seen[entry.name]?.since ?? now).after(orphanAfter)
        if present.count < names.count, now < late { return Self.lookAgain(at: late, &findings) }
        var isReady = true
        for image in present where !isWhole(image, now, &findings) { isReady = false }
        guard isReady else { return }
        findings.arrivals.append(Arrival(form: .manifest, name: stem, files: present.map(\.name) + [entry.name]))
    }

    private func surveyOrphans(
        _ entries: [Folders.Entry], _ taken: Set<String>, _ now: Timestamp, _ findings: inout Findings
    ) {
        for entry in entries where entry.info.kind == .file && InboxNames.isImage(entry.name) {
            guard !taken.contains(entry.name), let stem = InboxNames.split(entry.name)?.stem else { continue }
            let late = (seen[entry.name]?.since ?? now).after(orphanAfter)
            if late <= now {
                findings.arrivals.append(Arrival(form: .orphan, name: stem, files: [entry.name]))
            } else {
                Self.lookAgain(at: late, &findings)
            }
        }
    }
}

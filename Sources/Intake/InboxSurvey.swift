package import Disk
package import Domain
import Spool

/// One hand-over that is whole and can be taken.
package struct Arrival: Sendable, Hashable {
    package enum Form: String, Sendable, CaseIterable {
        case folder, plain, manifest, batch, orphan
    }

    package let form: Form
    /// NAME: of the folder, or of the text without its suffix.
    package let name: String
    /// Names to take, companions first: the last one is the commit point.
    package let files: [String]
    /// The user whose file is the commit point.
    package let owner: UInt32

    package init(form: Form, name: String, files: [String], owner: UInt32 = 0) {
        self.form = form
        self.name = name
        self.files = files
        self.owner = owner
    }
}

extension [Arrival] {
    /// In turns between those who handed them over, each one's in order: nobody waits for all of another's.
    package var byTurns: [Arrival] {
        guard let first, contains(where: { $0.owner != first.owner }) else { return self }
        var line = FairLine<Arrival>()
        for arrival in self { line.append(arrival, priority: 0, party: String(arrival.owner)) }
        var turns: [Arrival] = []
        while let next = line.popFirst() { turns.append(next) }
        return turns
    }
}

/// Looks at a listing of the inbox and says what is ready. The listing is the truth; events only say when to look.
package struct InboxSurvey: Sendable {
    /// How one name looked when it was last seen, and since when it looks so.
    private struct Sighting: Sendable {
        var info: FileInfo
        var since: Timestamp
        /// What a manifest or batch names, as far as it was read.
        var names: NamesRead?
    }

    /// Images that a hand-over has a claim to.
    private struct Taken {
        var names: Set<String> = []
        /// Some manifest cannot be read yet.
        var isUnsure = false
    }

    package struct Findings: Sendable {
        package var arrivals: [Arrival] = []
        /// When to look again though nothing may happen; nil when nothing ripens.
        package var lookAgain: Timestamp?
        /// Names that are not whole yet but will be within the settle time if nothing changes them.
        package var settling = 0
        /// Hand-overs that are not whole, and names that nothing has claimed.
        package var waiting = 0
        /// Names that no form explains: files of other kinds, folders without a manifest, links, and what belongs
        /// to somebody who may not hand over.
        package var strangers = 0
    }

    private let settle: Span
    private let orphanAfter: Span
    private let owners: Set<UInt32>
    /// By the bytes of the name, those of a folder's content by its path: two spellings of "é" are two files.
    private var seen: [[UInt8]: Sighting] = [:]

    /// - Parameters:
    ///   - settle: how long a file that was not renamed in must stay unchanged.
    ///   - orphanAfter: how long an image, or a manifest with a missing file, may wait.
    ///   - owners: users whose names are looked at; empty for everybody's.
    package init(settle: Span, orphanAfter: Span, owners: Set<UInt32> = []) {
        self.owners = owners
        self.settle = settle
        self.orphanAfter = orphanAfter
    }

    /// Surveys a listing.
    ///
    /// - Parameters:
    ///   - entries: what stands in the inbox.
    ///   - now: any clock that does not jump.
    ///   - inside: lists a folder of the inbox by name.
    ///   - named: reads the images that a manifest or batch of the inbox names, a long one a piece at a time.
    package mutating func survey(
        _ entries: [Folders.Entry], now: Timestamp, inside: (String) -> [Folders.Entry],
        named: (String, inout NamesRead) -> Void
    ) -> Findings {
        let all = entries.filter { !IgnoredNames.contains($0.name) }
        let entries = owners.isEmpty ? all : all.filter { owners.contains($0.info.owner) }
        note(entries, now, inside)
        var findings = Findings()
        var taken = Taken()
        let companions = Companions(entries)
        let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        findings.strangers = all.count - entries.count
        for entry in entries {
            switch entry.info.kind {
            case .folder: surveyFolder(entry, now, inside, &findings)
            case .file:
                let parts = InboxNames.split(entry.name)
                switch parts?.suffix.lowercased() {
                case "txt": surveyPlain(entry, companions, now, &findings, &taken)
                case "json": surveyManifest(.manifest, entry, byName, now, named, &findings, &taken)
                case "jsonl": surveyManifest(.batch, entry, byName, now, named, &findings, &taken)
                case let suffix? where InboxNames.images.contains(suffix): break
                default: findings.strangers += 1
                }
            case .link, .other: findings.strangers += 1
            }
        }
        surveyOrphans(entries, taken, now, &findings)
        let leaving = Set(findings.arrivals.flatMap(\.files))
        findings.waiting = all.count { !leaving.contains($0.name) }
        return findings
    }

    private mutating func note(
        _ entries: [Folders.Entry], _ now: Timestamp, _ inside: (String) -> [Folders.Entry]
    ) {
        var next: [[UInt8]: Sighting] = [:]
        func keep(_ path: String, _ info: FileInfo) {
            let key = Array(path.utf8)
            if let known = seen[key], known.info == info {
                next[key] = known
            } else {
                next[key] = Sighting(info: info, since: now)
            }
        }
        for entry in entries {
            keep(entry.name, entry.info)
            guard entry.info.kind == .folder, !Self.wasRenamedIn(entry) else { continue }
            for inner in inside(entry.name) { keep(entry.name + "/" + inner.name, inner.info) }
        }
        seen = next
    }

    /// A rename changes a file's ctime alone; whoever is still writing changes both times to the same moment.
    ///
    /// A second name changes the ctime too, and says nothing about the writer.
    private static func wasRenamedIn(_ entry: Folders.Entry) -> Bool {
        let hasOneName = entry.info.kind == .folder || entry.info.links == 1
        return entry.info.changed > entry.info.modified && entry.info.bytes > 0 && hasOneName
    }

    private func since(_ path: String, _ now: Timestamp) -> Timestamp { seen[Array(path.utf8)]?.since ?? now }

    /// Whole at once where it was renamed in, else after it has looked the same for the settle time.
    private func isWhole(_ entry: Folders.Entry, _ now: Timestamp, _ findings: inout Findings) -> Bool {
        Self.wasRenamedIn(entry) || isSettled(entry.name, now, &findings)
    }

    private func isSettled(_ path: String, _ now: Timestamp, _ findings: inout Findings) -> Bool {
        let ripe = since(path, now).after(settle)
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
        let content = inside(entry.name)
        guard content.contains(where: { $0.name == "job.json" }) else {
            findings.strangers += 1
            return
        }
        if !Self.wasRenamedIn(entry) {
            // Somebody may still be filling a folder that was made here: writing to a file does not change the folder.
            var isReady = true
            for inner in content where !isSettled(entry.name + "/" + inner.name, now, &findings) { isReady = false }
            guard isReady else { return }
        }
        findings.arrivals.append(Arrival(form: .folder, name: entry.name, files: [entry.name], owner: entry.info.owner))
    }

    private func surveyPlain(
        _ entry: Folders.Entry, _ all: Companions, _ now: Timestamp, _ findings: inout Findings, _ taken: inout Taken
    ) {
        guard let stem = InboxNames.split(entry.name)?.stem else { return }
        let companions = all.of(stem)
        taken.names.formUnion(companions.map(\.name))
        var isReady = isWhole(entry, now, &findings)
        for companion in companions where !isWhole(companion, now, &findings) { isReady = false }
        guard isReady else { return }
        let files = companions.map(\.name) + [entry.name]
        findings.arrivals.append(Arrival(form: .plain, name: stem, files: files, owner: entry.info.owner))
    }

    /// Nil as long as it is not read to its end.
    private mutating func images(
        of entry: Folders.Entry, _ named: (String, inout NamesRead) -> Void
    ) -> [String]? {
        let key = Array(entry.name.utf8)
        var read = seen[key]?.names ?? NamesRead()
        // Taken out of the memory that would share it, so that a long list is not copied.
        seen[key]?.names = nil
        if !read.isWhole { named(entry.name, &read) }
        seen[key]?.names = read
        return read.isWhole ? read.names : nil
    }

    private mutating func surveyManifest(
        _ form: Arrival.Form, _ entry: Folders.Entry, _ byName: [String: Folders.Entry], _ now: Timestamp,
        _ named: (String, inout NamesRead) -> Void, _ findings: inout Findings, _ taken: inout Taken
    ) {
        guard let stem = InboxNames.split(entry.name)?.stem else { return }
        guard isWhole(entry, now, &findings) else {
            taken.isUnsure = true
            return
        }
        guard let names = images(of: entry, named) else {
            taken.isUnsure = true
            findings.settling += 1
            return Self.lookAgain(at: now, &findings)
        }
        taken.names.formUnion(names)
        let present = names.compactMap { byName[$0] }
        let late = since(entry.name, now).after(orphanAfter)
        if present.count < names.count, now < late { return Self.lookAgain(at: late, &findings) }
        var isReady = true
        for image in present where !isWhole(image, now, &findings) { isReady = false }
        guard isReady else { return }
        findings.arrivals.append(
            Arrival(form: form, name: stem, files: present.map(\.name) + [entry.name], owner: entry.info.owner))
    }

    private func surveyOrphans(
        _ entries: [Folders.Entry], _ taken: Taken, _ now: Timestamp, _ findings: inout Findings
    ) {
        // A manifest that is still being written may name any of them.
        if taken.isUnsure { return }
        for entry in entries where entry.info.kind == .file && InboxNames.isImage(entry.name) {
            guard !taken.names.contains(entry.name), let stem = InboxNames.split(entry.name)?.stem else { continue }
            let late = since(entry.name, now).after(orphanAfter)
            if late <= now {
                findings.arrivals.append(
                    Arrival(form: .orphan, name: stem, files: [entry.name], owner: entry.info.owner))
            } else {
                Self.lookAgain(at: late, &findings)
            }
        }
    }
}

/// The images of a listing by the text they lie beside, whatever case their suffix is written in.
private struct Companions {
    private var images: [String: [Folders.Entry]] = [:]
    private var masks: [String: [Folders.Entry]] = [:]

    init(_ entries: [Folders.Entry]) {
        for entry in entries where InboxNames.isImage(entry.name) {
            guard let stem = InboxNames.split(entry.name)?.stem else { continue }
            images[stem, default: []].append(entry)
            if let owner = InboxNames.ownerOfMask(entry.name) { masks[owner, default: []].append(entry) }
        }
    }

    func of(_ stem: String) -> [Folders.Entry] { (images[stem] ?? []) + (masks[stem] ?? []) }
}

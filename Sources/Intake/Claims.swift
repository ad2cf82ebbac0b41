import Digests
package import Disk
package import Domain
package import Spool

/// A hand-over that was moved out of the inbox: a folder of the private area named `FORM-TOKEN`.
package struct Claim: Sendable, Hashable {
    package let token: String
    package let form: Arrival.Form
    package let folder: String
}

/// Takes hand-overs out of the inbox, and finds those that an earlier run took.
package struct Claims: Sendable {
    private let spool: SpoolFolders
    /// Most bytes that are copied where the inbox is on another file system.
    private let mostBytes: Int

    package init(spool: SpoolFolders, mostBytes: Int) {
        self.spool = spool
        self.mostBytes = mostBytes
    }

    /// Whether somebody still writes to a file of the arrival, however long it has looked the same: through memory nothing of a file
    /// changes but its content.
    package func isBeingWritten(_ arrival: Arrival) -> Bool {
        arrival.files.contains { name in
            let path = spool.inbox + "/" + name
            guard arrival.form == .folder else { return Files.isBeingWritten(path) }
            let inside = (try? Folders.list(path).entries) ?? []
            return inside.contains { $0.info.kind == .file && Files.isBeingWritten(path + "/" + $0.name) }
        }
    }

    /// Moves an arrival's files in, the commit point last; nil when it was gone before it could be taken.
    ///
    /// What it throws leaves the files in the inbox.
    ///
    /// - Parameter age: the age clock, by which a claim ends that nobody accepts; nil where there is none.
    package func take(_ arrival: Arrival, at age: Timestamp? = nil) throws(DiskError) -> Claim? {
        let token = arrival.form.rawValue + "-" + hexadecimal(randomBytes(8))
        let claim = Claim(token: token, form: arrival.form, folder: spool.claim(token))
        try Folders.make(claim.folder)
        do throws(DiskError) {
            let inbox = try OpenFolder(spool.inbox)
            let folder = try OpenFolder(claim.folder)
            do throws(DiskError) {
                for name in arrival.files { try inbox.move(name, to: folder) }
            } catch {
                guard error.isOtherFileSystem else { throw error }
                try fetch(arrival.files, from: inbox, for: claim, into: folder)
            }
            // The wall clock may jump while the claim waits for room.
            if let age { try Folders.setModified(claim.folder, age.milliseconds) }
            try folder.sync()
            try Folders.sync(spool.claims)
        } catch {
            // Somebody took a file away while it was claimed: what was moved goes back where it was.
            try? putBack(claim)
            if error.isMissing { return nil }
            throw error
        }
        return claim
    }

    /// Claims of an earlier run; one that lacks its commit point is put back into the inbox.
    ///
    /// One that can be neither completed nor put back stays, and is looked at again at the next start.
    package func leftOver() throws(DiskError) -> [Claim] {
        var claims: [Claim] = []
        var tokens: Set<String> = []
        for entry in try Folders.list(spool.claims).entries {
            if entry.name.hasPrefix(SpoolFolders.droppedPrefix) {
                try? Clearing.clear(spool.claim(entry.name))
                continue
            }
            guard let form = Self.form(of: entry.name) else { continue }
            tokens.insert(entry.name)
            let claim = Claim(token: entry.name, form: form, folder: spool.claim(entry.name))
            if (try? complete(claim)) == true { claims.append(claim) } else { try? putBack(claim) }
        }
        for entry in try Folders.list(spool.inbox).entries where entry.name.hasPrefix(".") {
            let token = String(entry.name.dropFirst())
            guard let form = Self.form(of: token), !tokens.contains(token) else { continue }
            try? putBack(Claim(token: token, form: form, folder: spool.claim(token)))
        }
        return claims
    }

    /// Whether nothing of the claim can be accepted any more: its job is in the ledger, and only its files have to go.
    package func isOver(_ claim: Claim) throws(DiskError) -> Bool { try Files.info(claim.folder) == nil }

    /// Ends a claim whose job is in the ledger; one that is ended already is no error.
    package func drop(_ claim: Claim) throws(DiskError) {
        // One rename first: half a claim is never taken for a hand-over that was not accepted.
        let gone = spool.droppedClaim(claim.token)
        do throws(DiskError) {
            try Files.rename(claim.folder, to: gone)
        } catch {
            guard error.isMissing else { throw error }
        }
        try Folders.sync(spool.claims)
        try Clearing.clear(gone)
        try Folders.sync(spool.claims)
    }

    // MARK: parts of a claim

    private static func form(of token: String) -> Arrival.Form? {
        let parts = token.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 16 else { return nil }
        return Arrival.Form(rawValue: String(parts[0]))
    }

    private static func isWhole(_ form: Arrival.Form, _ names: [String]) -> Bool {
        switch form {
        case .folder, .orphan: !names.isEmpty
        case .plain: names.contains { $0.lowercased().hasSuffix(".txt") }
        case .manifest: names.contains { $0.lowercased().hasSuffix(".json") }
        case .batch: names.contains(where: Batch.isBatch)
        }
    }

    /// Where an inbox on another file system keeps what is being copied: a name that everybody ignores.
    private func aside(_ claim: Claim) -> String { spool.inbox + "/." + claim.token }

    /// What stands aside for a claim; nil where nothing does, or where somebody put something of their own in its place.
    private func ours(_ claim: Claim) throws(DiskError) -> OpenFolder? {
        do throws(DiskError) {
            let aside = try OpenFolder(spool.inbox).folder("." + claim.token)
            guard try aside.info().owner == Accounts.own else { return nil }
            return aside
        } catch {
            if error.isMissing || error.isOtherKind { return nil }
            throw error
        }
    }

    /// Whether the claim has its commit point; a copy is then the only one.
    private func complete(_ claim: Claim) throws(DiskError) -> Bool {
        let names = try Folders.list(claim.folder).entries.map(\.name).filter { $0 != Copying.unfinished }
        guard Self.isWhole(claim.form, names) else { return false }
        guard let aside = try ours(claim) else { return true }
        guard try aside.list().entries.allSatisfy({ names.contains($0.name) }) else { return false }
        try Clearing.clear(self.aside(claim))
        return true
    }

    /// Undoes a claim. Nothing of the inbox is written over, and nothing that came from it is deleted.
    private func putBack(_ claim: Claim) throws(DiskError) {
        let aside = aside(claim)
        if let folder = try ours(claim) {
            // What stands in the claim are copies.
            try Clearing.clear(claim.folder)
            for name in try folder.list().entries.map(\.name) { try putBack(name, from: aside) }
            try Clearing.clearEmpty(aside)
        } else {
            for name in try Folders.list(claim.folder).entries.map(\.name) { try putBack(name, from: claim.folder) }
            try Clearing.clearEmpty(claim.folder)
        }
    }

    private func putBack(_ name: String, from folder: String) throws(DiskError) {
        do throws(DiskError) {
            try Self.renameToFree(folder + "/" + name, to: spool.inbox + "/" + name)
        } catch {
            guard error.isTaken else { throw error }
            // Another file has the name by now: this one gets a name of its own, and is an orphan where nobody wants it.
            let mark = "-" + JobName.suffix(from: randomBytes(5))
            let parts = InboxNames.split(name) ?? (name, "")
            let other = JobName.label(from: parts.stem) + mark + (parts.suffix.isEmpty ? "" : "." + parts.suffix)
            try Self.renameToFree(folder + "/" + name, to: spool.inbox + "/" + other)
        }
    }

    private static func renameToFree(_ from: String, to: String) throws(DiskError) {
        do throws(DiskError) {
            try Files.renameToFree(from, to: to)
        } catch {
            // Network file systems can not promise it; looking first is the best there is.
            guard error.isNotSupported else { throw error }
            if Files.exists(to) { throw DiskError.taken("rename a file") }
            try Files.rename(from, to: to)
        }
    }

    /// An inbox elsewhere: set aside there by renames, copied, made durable, then taken away there.
    ///
    /// As long as something stands aside it is the original, unless the claim holds all of it.
    private func fetch(
        _ names: [String], from inbox: borrowing OpenFolder, for claim: Claim, into folder: borrowing OpenFolder
    ) throws(DiskError) {
        try Folders.sync(spool.claims)
        // Held open from here on: who may write to the inbox may put another folder in its place.
        let aside = try inbox.makeFolder("." + claim.token)
        for name in names { try inbox.move(name, to: aside) }
        for name in names {
            try Copying.copy(
                name, of: aside, to: claim.folder + "/" + name, limit: Batch.isBatch(name) ? .max : mostBytes)
        }
        try folder.sync()
        try Folders.sync(spool.claims)
        try Clearing.clear(self.aside(claim))
    }
}

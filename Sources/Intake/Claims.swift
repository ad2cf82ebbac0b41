import Digests
package import Disk
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

    /// Moves an arrival's files in, the commit point last; nil when it was gone before it could be taken.
    package func take(_ arrival: Arrival) throws(DiskError) -> Claim? {
        let token = arrival.form.rawValue + "-" + hexadecimal(randomBytes(8))
        let folder = spool.claim(token)
        try Folders.make(folder)
        var moved: [String] = []
        do throws(DiskError) {
            for name in arrival.files {
                try move(spool.inbox + "/" + name, to: folder + "/" + name)
                moved.append(name)
            }
            try Folders.sync(folder)
            try Folders.sync(spool.claims)
        } catch {
            // Somebody took a file away while it was claimed: what was moved goes back where it was.
            for name in moved { try? Files.renameToFree(folder + "/" + name, to: spool.inbox + "/" + name) }
            try? Folders.removeTree(folder)
            if error.isMissing { return nil }
            throw error
        }
        return Claim(token: token, form: arrival.form, folder: folder)
    }

    /// Claims of an earlier run; one that lacks its commit point is put back into the inbox.
    package func leftOver() throws(DiskError) -> [Claim] {
        var claims: [Claim] = []
        for entry in try Folders.list(spool.claims).entries {
            let claim = spool.claim(entry.name)
            guard let form = Arrival.Form(rawValue: String(entry.name.prefix { $0 != "-" })) else { continue }
            let names = try Folders.list(claim).entries.map(\.name)
            if Self.isWhole(form, names) {
                claims.append(Claim(token: entry.name, form: form, folder: claim))
                continue
            }
            for name in names { try? Files.renameToFree(claim + "/" + name, to: spool.inbox + "/" + name) }
            try Folders.removeTree(claim)
        }
        return claims
    }

    /// Ends a claim whose job is in the ledger.
    package func drop(_ claim: Claim) throws(DiskError) {
        try Folders.removeTree(claim.folder)
        try Folders.sync(spool.claims)
    }

    private static func isWhole(_ form: Arrival.Form, _ names: [String]) -> Bool {
        switch form {
        case .folder, .orphan: !names.isEmpty
        case .plain: names.contains { $0.lowercased().hasSuffix(".txt") }
        case .manifest: names.contains { $0.lowercased().hasSuffix(".json") }
        }
    }

    private func move(_ from: String, to: String) throws(DiskError) {
        do throws(DiskError) {
            try Files.rename(from, to: to)
        } catch {
            guard error.isOtherFileSystem else { throw error }
            try copy(from, to: to)
            try Folders.removeTree(from)
        }
    }

    /// An inbox elsewhere: copied, made durable, then taken away there. Links and devices are not copied.
    private func copy(_ from: String, to: String) throws(DiskError) {
        guard let info = try Files.info(from) else { throw DiskError.missing("copy a file") }
        if info.kind == .folder {
            try Folders.make(to)
            for entry in try Folders.list(from).entries where entry.info.kind == .file {
                try copy(from + "/" + entry.name, to: to + "/" + entry.name)
            }
            return try Folders.sync(to)
        }
        guard info.kind == .file, let bytes = try Files.read(from, limit: mostBytes) else { return }
        try Files.writeDurably(bytes, to: to)
    }
}

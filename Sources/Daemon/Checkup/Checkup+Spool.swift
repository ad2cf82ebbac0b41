import Disk
import Domain
import Intake
import Pipeline
import Settings
import Spool

extension Checkup {
    func spoolFindings() -> [Finding] {
        let root = info(spool.root)
        guard let root else { return [placeForSpool] }
        guard root.kind == .folder || root.kind == .link else {
            return [
                .error(
                    "spool.folder", "\(spool.root) is no folder",
                    remedy: "move it away, or name another spool.path")
            ]
        }
        let folder = usable("spool.folder", spool.root, owner: root.owner)
        return [folder, privateFolder, inbox, waiting, outcomes, events, shared, daemon, crash].compactMap { $0 }
    }

    private func info(_ path: String) -> FileInfo? { (try? Files.info(path)) ?? nil }

    /// A folder that this process writes to.
    private func usable(_ name: String, _ path: String, owner: UInt32) -> Finding {
        for use in [Files.Use.read, .write, .enter] {
            guard let refusal = Files.refusal(to: use, path) else { continue }
            return .error(
                name, "\(path) can not be worked in: \(DiskError.text(of: refusal.code))",
                remedy: refusal.isReadOnly
                    ? "mount the file system for writing, or name another spool.path"
                    : "run Darkroom as the user that owns it (number \(owner)), or chown it to the one that runs Darkroom"
            )
        }
        return .ok(name, "\(path) can be worked in")
    }

    /// Nothing is made here: `run` does that.
    private var placeForSpool: Finding {
        var above = Files.parent(of: spool.root)
        while above != "/", info(above) == nil { above = Files.parent(of: above) }
        if let refusal = Files.refusal(to: .write, above) {
            return .error(
                "spool.folder",
                "there is no spool at \(spool.root), and it can not be made in \(above): "
                    + DiskError.text(of: refusal.code),
                remedy: "make it as root and give it to the user that runs Darkroom: install -d -o USER \(spool.root)")
        }
        return .ok("spool.folder", "there is no spool at \(spool.root) yet: run makes it")
    }

    // MARK: what is in it

    private var privateFolder: Finding? {
        let name = "spool.private"
        let path = spool.privateFolder
        guard let found = info(path) else { return .ok(name, "\(path) is not there yet: run makes it") }
        guard found.kind == .folder else {
            return .error(name, "\(path) is no folder", remedy: "move it away: keys and work files belong there")
        }
        if found.mode & 0o077 != 0 {
            return .error(
                name, "others may look into \(path), where the keys of work files are", remedy: "chmod 700 \(path)")
        }
        let own = Accounts.own
        if found.owner != own {
            let who = "\(path) belongs to the user of number \(found.owner), and this is number \(own)"
            return own == 0
                ? .warning(name, who, remedy: "run doctor, as the daemon, as the user that owns it")
                : .error(name, who, remedy: "run Darkroom as the user that owns it, or chown -R it")
        }
        if let parts = strangePart(of: path) { return parts }
        return usable(name, path, owner: found.owner)
    }

    /// A part of the private folder that is no folder or lies on another file system.
    private func strangePart(of path: String) -> Finding? {
        for part in [spool.blobs, spool.keys, spool.claims, spool.staging] {
            guard let found = info(part), found.kind != .folder || found.device != info(path)?.device else { continue }
            return .error(
                "spool.private", "\(part) is no folder of the same file system",
                remedy: "move it away: what is made there must reach its place by one rename")
        }
        return nil
    }

    private var inbox: Finding {
        let name = "spool.inbox"
        let path = spool.inbox
        guard let found = info(path) else { return .ok(name, "\(path) is not there yet: run makes it") }
        guard found.kind == .folder || found.kind == .link else {
            return .error(name, "\(path) is no folder", remedy: "move it away: run makes the folder")
        }
        let use = usable(name, path, owner: found.owner)
        if use.level != .ok { return use }
        if found.kind == .folder, found.mode & 0o002 != 0, found.mode & 0o1000 == 0 {
            return .warning(
                name, "everybody may take hand-overs of others out of \(path)",
                remedy: "set spool.group for those who hand over, and chmod o-w \(path)")
        }
        guard let group = configuration.spoolGroup else {
            return .ok(name, "\(path) takes hand-overs of this user, and of whom its rights let in")
        }
        guard found.group == group.number, found.mode & 0o2070 == 0o2070 else {
            return .warning(
                name, "\(path) is not the group \(group.name)'s to write to, as spool.group says",
                remedy: "start run once: it gives the folder to the group; or chgrp \(group.name) and chmod 2770")
        }
        return .ok(name, "\(path) takes hand-overs of the group \(group.name)")
    }

    private var outcomes: Finding {
        let name = "spool.outcomes"
        let home = info(spool.privateFolder)?.device ?? info(spool.root)?.device
        for outcome in Outcome.allCases {
            let path = spool.outcomes(outcome)
            guard let found = info(path) else { continue }
            guard found.kind == .folder else {
                return .error(name, "\(path) is no folder", remedy: "move it away: run makes the folder")
            }
            guard found.device == home else {
                return .error(
                    name, "\(path) is on another file system than \(spool.privateFolder)",
                    remedy: "put both on one: an outcome appears by one rename. inbox/ alone may be elsewhere")
            }
            let use = usable(name, path, owner: found.owner)
            if use.level != .ok { return use }
            if found.mode & 0o007 != 0 {
                return .warning(name, "everybody on this machine may look into \(path)", remedy: "chmod o-rwx \(path)")
            }
        }
        return .ok(name, "done/, failed/ and held/ can be filled by one rename")
    }

    // MARK: around it

    /// What lies in the inbox for longer than it should; whose it is and what it is called is nobody's business here.
    private var waiting: Finding? {
        guard let found = try? Folders.list(spool.inbox) else { return nil }
        let changed = found.entries.filter { !$0.name.hasPrefix(".") }.map { $0.info.changed / 1_000_000 }
        guard let oldest = changed.min() else { return .ok("spool.waiting", "the inbox is empty") }
        let age = Span(milliseconds: max(0, Monotonic.wall() - oldest) / 1000 * 1000)
        let what = changed.count == 1 ? "1 file or folder waits" : "\(changed.count) files or folders wait"
        let words = "\(what) in the inbox, the oldest for \(age)"
        // The operator's own word for how long something may lie there without a reason.
        guard age > configuration.inbox.orphanAfter else { return .ok("spool.waiting", words) }
        return .warning(
            "spool.waiting", words,
            remedy: isRunning
                ? "see that each has its commit point (job.json, NAME.txt), belongs to one of inbox.owners, and that "
                    + "the queue has room"
                : "start the daemon (run), or darkroom drain")
    }

    private var events: Finding? {
        let name = "spool.events"
        guard info(spool.inbox) != nil else { return nil }
        switch InboxWatcher.probe(spool.inbox) {
        case .events: return .ok(name, "file events arrive in the inbox")
        case .polling(let why):
            return .warning(
                name, "the inbox is looked at each second, for file events do not arrive: \(why)",
                remedy: "nothing is lost; for less delay put the inbox on a local file system, "
                    + "and see that fs.inotify.max_user_watches and max_user_instances are not used up")
        }
    }

    private var shared: Finding? {
        guard info(spool.privateFolder) != nil, Folders.isShared(spool.privateFolder) else { return nil }
        return .warning(
            "spool.shared",
            "\(spool.privateFolder) is on a file system of the network, where locks and the ledger's "
                + "write-ahead log may fail, and a second daemon elsewhere may go unseen",
            remedy: "put the spool on a local disk; inbox/ alone may be on the network")
    }

    private var daemon: Finding {
        .ok(
            "spool.daemon",
            isRunning
                ? "a daemon works on this spool; a second one would be refused (75)"
                : "no daemon works on this spool now")
    }

    private var crash: Finding? {
        guard !isRunning, (info(spool.crashNote)?.bytes ?? 0) > 0 else { return nil }
        return .warning(
            "spool.crash", "the last run ended by a fault of its own",
            remedy: "look at the end of its log; the next start tries the jobs that were under way one at a time")
    }

    // MARK: disk

    func diskFindings() -> [Finding] {
        var place = spool.root
        while place != "/", info(place) == nil { place = Files.parent(of: place) }
        let free: (bytes: Int64, inodes: Int64)
        do throws(DiskError) {
            free = try Folders.free(place)
        } catch {
            return [
                .error("disk.space", "\(place): \(error)", remedy: "see that the file system is mounted and answers")
            ]
        }
        return [
            Self.space(free.bytes, least: Int64(configuration.minFree.bytes)), Self.inodes(free.inodes),
        ]
    }

    static func space(_ free: Int64, least: Int64) -> Finding {
        let words = "\(free / 1_000_000) MB are free, and disk.min_free is \(least / 1_000_000) MB"
        if free < least {
            return .error(
                "disk.space", words + ": nothing new is taken, and no call is made",
                remedy: "make room on the spool's file system, or lower disk.min_free")
        }
        if free / 2 < least {
            return .warning("disk.space", words, remedy: "make room soon: take outcomes away, or set retention.outputs")
        }
        return .ok("disk.space", words)
    }

    static func inodes(_ free: Int64) -> Finding {
        if free == .max { return .ok("disk.inodes", "the file system makes inodes as it needs them") }
        let words = "\(free) inodes are free"
        if free <= DiskReserve.fewestInodes {
            return .error(
                "disk.inodes", words + ": no file can be made, however many bytes are free",
                remedy: "delete small files, or make the file system anew with more inodes (mkfs -N)")
        }
        if free < 20_000 {
            return .warning("disk.inodes", words, remedy: "delete small files before they run out")
        }
        return .ok("disk.inodes", words)
    }
}

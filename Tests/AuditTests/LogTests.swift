import Audit
import Digests
import Domain
import Foundation
import Ledger
import Support
import Testing

@Suite struct LogTests {
    @Test func `what the ledger recorded stands in the log, in order, chained and signed`() async throws {
        let desk = try Desk()
        try await desk.accept("fox")
        try await desk.record(5)
        let checkpoint = try await desk.auditor().move()
        #expect(checkpoint.size == 6)
        let entries = try desk.entries()
        #expect(entries.map(\.index) == Array(0..<6) && entries.map(\.number) == [1, 2, 3, 4, 5, 6])
        #expect(entries.first?.event == "job.accepted" && entries.first?.facts["route"] == "offline")
        #expect(entries[3].job == "fox-2" && entries[3].facts["size"] == "3840x2160")
        for (entry, next) in zip(entries, entries.dropFirst()) { #expect(next.previous == TreeHash(leaf: entry.line)) }
        let report = try await desk.check()
        #expect(report.faults == [] && report.entries == 6 && report.pending == 0 && report.comparesLedger)
        #expect(report.checkpoint == checkpoint)
        #expect(try Files(desk).modes == ["audit": 0o700, "audit.key": 0o600])
    }

    @Test func `a move without news writes nothing, and the next one goes on`() async throws {
        let desk = try Desk()
        try await desk.record(3)
        let first = try await desk.auditor().move()
        let before = try Files(desk).contents
        #expect(try await desk.auditor().move() == first)
        #expect(try Files(desk).contents == before)
        try await desk.record(2, from: 3)
        #expect(try await desk.check().pending == 2)
        let second = try await desk.auditor().move()
        #expect(second.size == 5)
        #expect(try await desk.check(earlier: [first]).faults == [])
    }

    @Test func `files are begun anew by size, and the chain goes on across them`() async throws {
        let desk = try Desk()
        var checkpoints: [Checkpoint] = []
        for start in stride(from: 0, to: 60, by: 6) {
            try await desk.record(6, from: start)
            checkpoints.append(try await desk.auditor(fileBytes: 2000, batch: 4).move())
        }
        #expect(desk.logs.count > 4)
        #expect(try desk.entries().map(\.index) == Array(0..<60))
        let report = try await desk.check(earlier: checkpoints)
        #expect(report.faults == [] && report.files == desk.logs.count && report.entries == 60)
    }

    @Test func `two that move at once write each entry once`() async throws {
        let desk = try Desk()
        try await desk.record(40)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await desk.auditor(batch: 3).move() } }
            try await group.waitForAll()
        }
        #expect(try desk.entries().map(\.index) == Array(0..<40))
        #expect(try await desk.check().faults == [])
    }

    // MARK: tampering

    /// What can be done to one line.
    enum Deed: String, CaseIterable {
        case flip, drop, swap, repeated, cut
    }

    @Test(arguments: Deed.allCases, [700, 16 << 20] as [Int64])
    func `a line that is changed, dropped, swapped or added is found, wherever it stands`(
        deed: Deed, fileBytes: Int64
    ) async throws {
        let desk = try Desk()
        try await desk.record(12)
        try await desk.auditor(fileBytes: fileBytes, batch: 2).move()
        let clean = try desk.logs.map { ($0, try desk.bytes($0)) }
        for (path, _) in clean {
            let lines = try desk.lines(path)
            for index in lines.indices {
                var changed = lines
                switch deed {
                case .flip: changed[index][changed[index].count / 2] ^= 1
                case .drop: changed.remove(at: index)
                case .swap: if index > 0 { changed.swapAt(index, index - 1) } else { changed.insert([], at: 0) }
                case .repeated: changed.insert(lines[index], at: index)
                case .cut: changed[index].removeLast()
                }
                try desk.put(lines: changed, at: path)
                #expect(try await desk.check().faultCount > 0, "\(deed) of line \(index)")
                #expect(try await AuditCheck(desk.folder, book: nil).run().faultCount > 0)
                for (path, bytes) in clean { try desk.put(bytes, at: path) }
            }
        }
        #expect(try await desk.check().faults == [])
    }

    @Test func `entries that were chained anew do not fit the signature`() async throws {
        let desk = try Desk()
        try await desk.record(6)
        try await desk.auditor().move()
        var entries = try desk.entries()
        entries[2].job = "another"
        for index in 3..<6 { entries[index].previous = TreeHash(leaf: entries[index - 1].line) }
        try desk.put(lines: entries.map(\.line), at: desk.logs[0])
        let report = try await desk.check()
        #expect(report.faults.map(\.kind) == [.root, .root, .ledger] && report.faults.last?.entry == 2)
    }

    @Test func `a file that is gone is found, and so is a log that was put back`() async throws {
        let desk = try Desk()
        try await desk.record(6)
        let first = try await desk.auditor(fileBytes: 400, batch: 2).move()
        let old = try Files(desk).contents
        try await desk.record(6, from: 6)
        try await desk.auditor(fileBytes: 400, batch: 2).move()
        let new = try Files(desk).contents
        let path = try #require(desk.logs.dropFirst().first)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await desk.check().faults.contains { $0.kind == .file })
        for (path, _) in new { try? FileManager.default.removeItem(atPath: path) }
        for (path, bytes) in old { try desk.put(bytes, at: path) }
        // Whole and signed, but shorter than the ledger knows it to be.
        #expect(try await desk.check().faults.map(\.kind) == [.short])
        #expect(try await AuditCheck(desk.folder, book: nil, earlier: [first]).run().faults == [])
    }

    @Test func `an event that is changed or deleted in the ledger is found, a job that is forgotten is none`()
        async throws
    {
        let desk = try Desk()
        try await desk.record(2)
        for _ in 0..<3 { try await desk.ledger.record(LedgerEvent("output.made", job: "hen")) }
        try await desk.record(1, from: 5)
        try await desk.auditor().move()
        let path = desk.scratch.file("ledger.sqlite")
        try Spawned.run("sqlite3", [path, "UPDATE event SET job = 'x' WHERE number = 3"])
        #expect(try await desk.check().faults.map(\.entry) == [2])
        try Spawned.run("sqlite3", [path, "UPDATE event SET job = 'hen' WHERE number = 3"])
        #expect(try await desk.check().faults == [])
        try Spawned.run("sqlite3", [path, "DELETE FROM event WHERE number = 4"])
        #expect(try await desk.check().faults.map(\.entry) == [3])
        try Spawned.run("sqlite3", [path, "DELETE FROM event WHERE job = 'hen' OR number = 6"])
        #expect(try await desk.check().faults == [], "nothing of them is left")
        try await desk.record(1, from: 6)
        try await desk.auditor().move()
        let numbers = try desk.entries().compactMap(\.number)
        #expect(numbers == Array(1...7), "the number of a forgotten event is not given again")
        #expect(try await desk.check().faults == [])
    }

    @Test func `another key, a lost key and a lost head are alarms, and nothing is written over`() async throws {
        let desk = try Desk()
        try await desk.record(3)
        try await desk.auditor().move()
        #expect(
            try await desk.check(key: SigningKey.make(name: "darkroom/x").verifier).faults.map(\.kind) == [.signature])
        let files = try Files(desk).contents
        let head = try #require(files.keys.first { $0.hasSuffix("head.json") })
        for lost in [head, desk.folder.key] {
            try FileManager.default.removeItem(atPath: lost)
            let before = try Files(desk).contents
            await #expect(throws: AuditError.self) { try await desk.auditor().move() }
            #expect(try Files(desk).contents == before)
            #expect(try await desk.check().faultCount > 0)
            for (path, bytes) in files { try desk.put(bytes, at: path) }
        }
        #expect(try await desk.check().faults == [])
    }

    // MARK: crashes

    @Test func `a batch that was cut anywhere by a crash is mended, and every event stands in the log once`()
        async throws
    {
        let desk = try Desk()
        try await desk.record(4)
        try await desk.auditor(fileBytes: 900).move()
        let before = try Files(desk).contents
        try await desk.record(3, from: 4)
        try await desk.auditor(fileBytes: 900).move()
        let path = desk.logs[desk.logs.count - 1]
        let start = before[path]?.count ?? 0
        let batch = try desk.bytes(path).dropFirst(start)
        for count in [0, 1, 7, batch.count / 3, batch.count / 2, batch.count - 1, batch.count] {
            for end in [[], [0, 0, 0], Array("{\"n\":".utf8)] as [[UInt8]] {
                for (path, _) in try Files(desk).contents { try FileManager.default.removeItem(atPath: path) }
                for (path, bytes) in before { try desk.put(bytes, at: path) }
                try desk.put(Array((before[path] ?? []) + batch.prefix(count) + end), at: path)
                let torn = try await desk.check()
                #expect(
                    torn.faults == [] || torn.faults.map(\.kind) == [.short],
                    "the mark of the later move stands in the ledger")
                try await desk.auditor(fileBytes: 900).move()
                let entries = try desk.entries()
                #expect(entries.prefix(7).map(\.number) == [1, 2, 3, 4, 5, 6, 7])
                #expect(Set(entries.map(\.number)).count == entries.count)
                #expect(try await desk.check().faults == [])
            }
        }
        #expect(try desk.entries().contains { $0.event == "audit.mended" })
    }

    @Test func `a line that somebody else wrote after the last is an alarm, not a crash`() async throws {
        let desk = try Desk()
        try await desk.record(4)
        try await desk.auditor().move()
        let entries = try desk.entries()
        let forged = AuditEntry(
            index: 4, at: "2026-01-01T00:00:00.000Z", event: "inputs.deleted", number: 5, job: "fox",
            previous: TreeHash(leaf: entries[3].line))
        try desk.append(forged.line + [10], to: desk.logs[0])
        try await desk.record(1, from: 4)
        #expect(try await desk.check().faults.map(\.kind) == [.tail])
        await #expect(throws: AuditError.self) { try await desk.auditor().move() }
        #expect(try desk.entries().count == 5, "what was found stays for a person to see")
    }

    @Test func `an older copy of the ledger is followed, and the log says so`() async throws {
        let desk = try Desk()
        try await desk.record(3)
        try await desk.auditor().move()
        try Spawned.run(
            "sqlite3", [desk.scratch.file("ledger.sqlite"), "VACUUM INTO '\(desk.scratch.file("copy.sqlite"))'"])
        try await desk.record(3, from: 3)
        try await desk.auditor().move()
        let copy = try SQLiteLedger(path: desk.scratch.file("copy.sqlite"), timekeeper: desk.clock)
        try await copy.record(LedgerEvent("daemon.started"))
        try await Auditor(copy, desk.folder).move()
        let fresh = try SQLiteLedger(path: desk.scratch.file("fresh.sqlite"), timekeeper: desk.clock)
        try await copy.record(LedgerEvent("daemon.stopped"))
        try await Auditor(copy, desk.folder).move()
        #expect(try await AuditCheck(desk.folder, book: copy).run().faults == [])
        try await fresh.record(LedgerEvent("daemon.started"))
        try await Auditor(fresh, desk.folder).move()
        let changes = try desk.entries().filter { $0.event == "audit.ledger_changed" }
        #expect(changes.map { $0.facts["why"] } == ["older", "other"])
        #expect(changes.map { $0.facts["to"] } == ["3", "0"])
        #expect(try await AuditCheck(desk.folder, book: fresh).run().faults == [])
    }

    // MARK: subjects

    @Test func `a subject is named under a key of its own, and nobody's once that is gone`() async throws {
        let desk = try Desk()
        let (ann, bob) = (hexadecimal(randomBytes(32)), hexadecimal(randomBytes(32)))
        for (id, subject) in [("a1", ann), ("b1", bob), ("a2", ann), ("n", nil)] {
            try await desk.accept(id, subject: subject)
        }
        let auditor = desk.auditor()
        try await auditor.move()
        let names = try desk.entries().map(\.subject)
        #expect(names[0] != nil && names[0] == names[2] && names[1] != names[0] && names[3] == nil)
        #expect(try SubjectKeys(desk.folder).knownPseudonym(of: ann) == names[0])
        for log in desk.logs { #expect(!String(decoding: try desk.bytes(log), as: UTF8.self).contains(ann.prefix(16))) }
        try await auditor.forget(subject: ann)
        #expect(try SubjectKeys(desk.folder).knownPseudonym(of: ann) == nil)
        #expect(try SubjectKeys(desk.folder).knownPseudonym(of: bob) == names[1])
        #expect(try await desk.check().faults == [], "the chain stays whole")
        try await desk.accept("a3", subject: ann)
        try await auditor.move()
        #expect(try desk.entries().last?.subject != names[0])
    }
}

/// Every file of a log.
private struct Files {
    var contents: [String: [UInt8]] = [:]
    var modes: [String: Int] = [:]

    init(_ desk: Desk) throws {
        let manager = FileManager.default
        var paths = [desk.folder.key]
        paths += try manager.contentsOfDirectory(atPath: desk.folder.path).map { desk.folder.path + "/" + $0 }
        for path in paths where path.hasSuffix(".jsonl") || path.hasSuffix(".json") || path.hasSuffix(".key") {
            if manager.fileExists(atPath: path) { contents[path] = try desk.bytes(path) }
        }
        for path in [desk.folder.path, desk.folder.key] {
            guard let mode = try? manager.attributesOfItem(atPath: path)[.posixPermissions] as? Int else { continue }
            modes[URL(filePath: path).lastPathComponent] = mode
        }
    }
}

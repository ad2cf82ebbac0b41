import Disk
import Domain
import Foundation
import Ledger
import Spool
import Support
import Testing

@testable import Intake

@Suite struct BatchTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    func claim(_ text: String, _ name: String = "b.jsonl", beside: [String: String] = [:]) throws -> Claim {
        for (file, content) in beside.merging([name: text], uniquingKeysWith: { $1 }) {
            try Data(content.utf8).write(to: URL(fileURLWithPath: desk.spool.inbox + "/" + file))
        }
        let files = beside.keys.sorted() + [name]
        return try #require(try desk.claims.take(Arrival(form: .batch, name: "b", files: files)))
    }

    func batch(_ claim: Claim, longest: Int = 100, known: [BatchLine] = []) throws -> Batch {
        var lines = LineSet()
        for line in known { lines.insert(token: line.token) }
        return try #require(try Batch(claim, longest: longest, known: lines))
    }

    /// Every line as text, three at a time.
    func lines(_ batch: inout Batch) throws -> [String] {
        var all: [String] = []
        while case let lines = try batch.next(3), !lines.isEmpty {
            all += lines.map { line in
                switch line.text {
                case .whole(let bytes): "\(line.number) \(String(decoding: bytes, as: UTF8.self))"
                case .tooLong(let bytes): "\(line.number) too long: \(bytes)"
                }
            }
        }
        return all
    }

    @Test func `lines are numbered as an editor shows them and blank ones are left out`() throws {
        var batch = try batch(try claim("a\n\n  \r\nb\r\nc\n\nd"))
        #expect(try lines(&batch) == ["1 a", "4 b\r", "5 c", "7 d"])
        #expect(batch.isOver)
        #expect(!batch.isBlank)
    }

    @Test(arguments: [1, 99, 100, 101, 262_144, 600_000])
    func `a line that is too long is told apart and costs no memory`(length: Int) throws {
        var batch = try batch(try claim("a\n" + String(repeating: "x", count: length) + "\nb\n"))
        let middle = length > 100 ? "2 too long: \(length)" : "2 " + String(repeating: "x", count: length)
        #expect(try lines(&batch) == ["1 a", middle, "3 b"])
    }

    @Test func `a line that could not be accepted comes again, and lines that are jobs do not`() throws {
        let claim = try claim("a\nb\nc\nd\n")
        var first = try batch(claim)
        let lines = try first.next(4)
        first.putBack(lines[1])
        #expect(!first.isOver)
        #expect(try first.next(9).map(\.number) == [2])
        #expect(first.isOver)
        var again = try batch(claim, known: [lines[0], lines[2]])
        #expect(try again.next(9).map(\.number) == [2, 4])
    }

    @Test func `each line is a job with the batch's mark, its own id, or a reason of its own`() async throws {
        let text = """
            {"prompt": "one", "references": ["a.png"]}
            {"prompt": "two", "id": "mine", "references": ["a.png"]}
            {"prompt": "three", "colour": "red"}
            no manifest
            {"prompt": "five", "references": ["gone.png"], "id": "fifth"}
            """
        let claim = try claim(text, beside: ["a.png": "pixels"])
        var batch = try batch(claim, longest: 1000)
        let acceptor = try await desk.acceptor()
        var ids: [String] = []
        for line in try batch.next(9) { ids.append(try await acceptor.accept(line, of: batch)) }
        try await acceptor.end(batch)
        let mark = try #require(ids[0].split(separator: "-").dropFirst().first)
        #expect(mark.count == 8)
        #expect(ids == ["b-\(mark)-000001", "mine", "b-\(mark)-000003", "b-\(mark)-000004", "fifth"])
        for id in ids { #expect(try await desk.ledger.job(id)?.batch?.description == "b-\(mark)", "\(id)") }
        #expect(try await desk.ledger.batches(named: "b").map(\.mark) == [String(mark)])
        var fields: [String?] = []
        for id in ids { fields.append(try await desk.ledger.job(id)?.reason?.field) }
        #expect(fields == [nil, nil, "colour", nil, "references[0]"])
        #expect(try await desk.ledger.job(ids[3])?.reason?.code == .invalidManifest)
        #expect(try Folders.list(desk.spool.claims).entries.isEmpty)
        #expect(try await desk.ledger.claimTokens(startingWith: claim.token + ".", after: "", limit: 9).count == 5)
    }

    @Test func `a line that is accepted again after a crash is the same job`() async throws {
        let claim = try claim(#"{"prompt": "one"}"#)
        var ids: [String] = []
        for _ in 0..<2 {
            var batch = try batch(claim)
            for line in try batch.next(1) { ids.append(try await desk.acceptor().accept(line, of: batch)) }
        }
        #expect(ids.count == 2 && ids[0] == ids[1])
        #expect(try await desk.ledger.jobs(JobFilter()).count == 1)
        #expect(try desk.blobsOnDisk == 1)
    }

    @Test func `a batch without a line becomes a job that says so`() async throws {
        var batch = try batch(try claim("\n \n"))
        #expect(try batch.next(4).isEmpty)
        try await desk.acceptor().end(batch)
        let job = try #require(try await desk.ledger.jobs(JobFilter()).first)
        #expect(job.reason?.code == .invalidManifest && job.id == batch.id.description && job.batch == batch.id)
    }

    @Test func `a batch that is a link or has a second name is refused as one job`() async throws {
        try Data("{}".utf8).write(to: URL(fileURLWithPath: desk.scratch.file("other")))
        for (name, make) in [("l.jsonl", "ln -s"), ("h.jsonl", "ln")] {
            try shell("\(make) '\(desk.scratch.file("other"))' \(name)", in: desk.spool.inbox)
            let claim = try #require(try desk.claims.take(Arrival(form: .batch, name: "b", files: [name])))
            #expect(try Batch(claim, longest: 100) == nil)
            let id = try #require(try await desk.acceptor().accept(claim))
            #expect(try await desk.ledger.job(id)?.reason?.code == .invalidManifest)
            #expect(try await desk.ledger.job(id)?.batch?.description == id)
        }
    }

    @Test func `a line whose id is taken is still of its batch`() async throws {
        let claim = try claim(#"{"prompt": "one", "id": "x"}"# + "\n" + #"{"prompt": "two", "id": "x"}"#)
        var batch = try batch(claim)
        let acceptor = try await desk.acceptor()
        for line in try batch.next(9) { _ = try await acceptor.accept(line, of: batch) }
        let jobs = try await desk.ledger.jobs(JobFilter())
        #expect(jobs.count == 2 && jobs.allSatisfy { $0.batch == batch.id })
        #expect(jobs.contains { $0.requestedID == "x" && $0.reason?.code == .idConflict })
    }

    @Test func `a batch has unread lines from the inbox on until its claim is over`() async throws {
        func unread() throws -> UnreadBatches { try UnreadBatches(desk.spool) }
        for name in ["b.jsonl", "b.txt", ".c.jsonl", "d.jsonl.part"] {
            try Data("{}".utf8).write(to: URL(fileURLWithPath: desk.spool.inbox + "/" + name))
        }
        #expect(try unread().isInInbox("b") && unread().mayHold("b") && !unread().mayHold("B"))
        #expect(try !unread().mayHold("c") && !unread().mayHold("d"))
        let claim = try #require(try desk.claims.take(Arrival(form: .batch, name: "b", files: ["b.jsonl"])))
        let batch = try batch(claim)
        #expect(try unread().claimed("b").map(\.id) == [batch.id] && unread().holds(batch.id.description))
        #expect(try !unread().isInInbox("b") && !unread().mayHold("b-00000000"))
        #expect(!batch.isCancelled)
        let modified = try #require(try Files.info(claim.folder)).modified / 1_000_000
        #expect(try unread().claimed("b")[0].cancel())
        #expect(batch.isCancelled)
        #expect(try Files.info(claim.folder)?.modified == modified * 1_000_000, "it is no younger for it")
        let gone = try unread().claimed("b")
        try await desk.acceptor().end(batch)
        #expect(try !unread().mayHold("b"))
        #expect(try !gone[0].cancel(), "there is nothing to cancel any more")
    }

    @Test func `while a batch is being taken it may be any, and an old half claim is none`() throws {
        let folder = desk.spool.claims + "/batch-0011223344556677"
        try Folders.make(folder)
        #expect(try UnreadBatches(desk.spool).mayHold("b") && !UnreadBatches(desk.spool).holds("b"))
    }

    @Test func `a desert of blank lines is crossed a piece at a time`() async throws {
        var batch = try batch(try claim(String(repeating: "\n", count: 50_000) + "a"))
        #expect(try batch.next(4).isEmpty && !batch.isOver)
        var found: [Int] = []
        while !batch.isOver { found += try batch.next(4).map(\.number) }
        #expect(found == [50_001])
    }

    @Test func `a batch of somebody who may not hand over is not read`() throws {
        let claim = try claim("a")
        #expect(try Batch(claim, longest: 100, owners: [getuid() + 1]) == nil)
        #expect(try Batch(claim, longest: 100, owners: [getuid()]) != nil)
    }

    @Test func `lines that may not go now let those behind them pass, as many as can be kept`() throws {
        var batch = try batch(claim((1...1000).map { "\($0)" }.joined(separator: "\n")))
        let even = try batch.next(4) { $0.number % 2 == 0 }
        #expect(even.map(\.number) == [2, 4, 6, 8])
        #expect(batch.hasAside)
        // What was kept goes first as soon as it may, and nothing twice.
        #expect(try batch.next(6).map(\.number) == [1, 3, 5, 7, 9, 10])
        #expect(try batch.next(5) { _ in false }.isEmpty)
        #expect(try batch.next(1000) { $0.number > 900 }.isEmpty, "no more than so many are kept")
        var rest: [Int] = []
        while !batch.isOver { rest += try batch.next(50).map(\.number) }
        #expect(rest == Array(11...1000))
    }

    @Test func `the numbers of a million lines are kept in little`() {
        var lines = LineSet()
        for number in stride(from: 1, through: 1_000_000, by: 3) { lines.insert(token: "batch-0a.\(number)") }
        #expect(lines.contains(1) && lines.contains(999_997) && !lines.contains(2) && !lines.contains(2_000_000))
        lines.insert(token: "batch-0a.-5")
        lines.insert(token: "batch-0a.99999999999")
        #expect(!lines.contains(-5))
    }
}

import Audit
import Digests
import Documents
import Domain
import Foundation
import Ledger
import Support
import Testing

@Suite struct ReceiptTests {
    /// A log in which the job `fox` was done, told to a service, and erased; and a hundred events of others.
    private func desk() async throws -> Desk {
        let desk = try Desk("receipt")
        try await desk.record(30)
        try await desk.accept("fox", subject: hexadecimal(randomBytes(32)))
        func note(_ event: String, _ facts: [String: String]) async throws {
            desk.clock.pass(.seconds(1))
            try await desk.ledger.record(LedgerEvent(event, job: "fox", facts))
        }
        let sent = ["output": "1", "provider": "openai", "route": "a", "bytes": "5000", "carried": "prompt references"]
        try await note("call.sent", sent.merging(["call": "c1"]) { $1 })
        try await note("call.ended", ["output": "1", "call": "c1", "class": "not_sent"])
        try await note("call.sent", sent.merging(["call": "c2", "route": "b", "provider": "simulator"]) { $1 })
        try await note("call.ended", ["output": "1", "call": "c2", "class": "success"])
        try await note("call.sent", sent.merging(["call": "c3", "provider": "openrouter"]) { $1 })
        try await note("job.settled", ["outcome": "done"])
        try await note("inputs.deleted", ["left": "1", "blobs": "1", "bytes": "10", "keys": "1", "late_s": "0"])
        try await note("inputs.deleted", ["left": "0", "blobs": "3", "bytes": "5200", "keys": "1", "late_s": "7"])
        try await desk.record(70, from: 30)
        try await desk.auditor(fileBytes: 3000).move()
        return desk
    }

    private func issue(_ desk: Desk) async throws -> Receipt {
        let job = try #require(try await desk.ledger.job("fox"))
        return try await ReceiptOffice(desk.folder, desk.ledger).issue(for: [job], issued: desk.clock.wall())
    }

    private func key(_ desk: Desk) async throws -> VerifierKey {
        try #require(try await AuditWindow(desk.folder).key())
    }

    @Test func `a receipt says what was erased, how, how late, and who had received it`() async throws {
        let desk = try await desk()
        let receipt = try await issue(desk)
        let job = try #require(receipt.statement["jobs"]?[0])
        let erased = try #require(job["erased"]?.array)
        #expect(erased.count == 1 && erased[0]["what"] == "inputs" && erased[0]["files"] == 3)
        #expect(erased[0]["late_s"] == 7 && erased[0]["how"] == "key destroyed, then unlinked")
        #expect(job["disclosures"]?.array?.map { $0["received"] } == ["no", "yes", "possible"])
        #expect(job["disclosures"]?[1]?["carried"] == ["prompt", "references"])
        let processors = receipt.statement["processors"]?.array?.map { $0["processor"] }
        #expect(processors == ["openrouter", "simulator"], "openai never got it")
        let left = try #require(job["not_erased"]?.array)
        #expect(left.count == 1 && left[0]["what"] == "inputs", "the ledger still has them")
    }

    @Test func `it verifies with the published key alone, and as it was written`() async throws {
        let desk = try await desk()
        let written = try await issue(desk).document.pretty
        let key = try VerifierKey(try await key(desk).description)
        try FileManager.default.removeItem(atPath: desk.folder.path)
        let read = try Receipt(try JSONParser.parse(written))
        #expect(read.faults(for: key) == [])
        #expect(read.faults(for: SigningKey.make(name: key.name).verifier) != [])
    }

    @Test func `any change to it is found`() async throws {
        let desk = try await desk()
        let key = try await key(desk)
        let text = try await issue(desk).document.compact
        let changes = [
            ("\"late_s\":7", "\"late_s\":0"), ("\"files\":3", "\"files\":4"),
            ("\"received\":\"yes\"", "\"received\":\"no\""),
            ("openrouter", "openai"), ("\"index\":30", "\"index\":31"),
            ("\\\"left\\\":\\\"0\\\"", "\\\"left\\\":\\\"2\\\""),
            ("\"not_erased\":[", "\"not_erased\":[1,"), ("\"size\":109", "\"size\":110"),
        ]
        for (old, new) in changes {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text, "\(old) stands in it")
            let receipt = try? Receipt(try JSONParser.parse(changed))
            #expect(receipt?.faults(for: key) != [], "\(old)")
        }
    }

    @Test func `what is signed without standing in the log is found`() async throws {
        // The same key, another log: its owner signs a statement that its entries do not bear out.
        let desk = try await desk()
        let key = try await key(desk)
        let good = try await issue(desk)
        let text = good.statement.compact.replacingOccurrences(of: "\"late_s\":7", with: "\"late_s\":0")
        let signing = try SigningKey(text: desk.bytes(desk.folder.key))
        let digest = try Spawned.run("jq", ["-cSj", ".", statement(text, desk)])
        let note = SignedNote("\(key.name)\nreceipt\n\(hexadecimal(SHA256Digest.of(digest)))\n", with: signing)
        var members = good.document.members ?? []
        members = members.map { member in
            switch member.key {
            case "statement": .init(key: "statement", value: (try? JSONParser.parse(text)) ?? .null)
            case "signature": .init(key: "signature", value: .string(note.description))
            default: member
            }
        }
        let forged = try Receipt(.object(members))
        #expect(forged.faults(for: key) == ["what is said of job fox does not follow from its entries"])
    }

    private func statement(_ text: String, _ desk: Desk) throws -> String {
        let path = desk.scratch.file("statement.json")
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test func `jq makes the same bytes of the statement as were signed`() async throws {
        let desk = try await desk()
        let receipt = try await issue(desk)
        let canonical = try Spawned.run("jq", ["-cSj", ".", statement(receipt.statement.pretty, desk)])
        let note = try #require(receipt.document["signature"]?.string)
        #expect(note.contains("\nreceipt\n\(hexadecimal(SHA256Digest.of(canonical)))\n"))
    }

    @Test func `a program that knows nothing of Darkroom finds it good, and a changed one not`() async throws {
        let desk = try await desk()
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "samples/check-receipt").path
        let key = try await key(desk).description
        let text = try await issue(desk).document.pretty
        let path = desk.scratch.file("receipt.json")
        try Data(text.utf8).write(to: URL(filePath: path))
        let said = String(decoding: try Spawned.run(script, [path, key]), as: UTF8.self)
        #expect(said.contains("the receipt is good") && said.contains("fox: entry 38: inputs.deleted"))
        for (old, new) in [("\"late_s\": 7", "\"late_s\": 1"), ("\"index\": 30", "\"index\": 29")] {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text)
            try Data(changed.utf8).write(to: URL(filePath: path))
            #expect(throws: (any Error).self) { try Spawned.run(script, [path, key]) }
        }
    }

    @Test func `no receipt is made of a log that was changed`() async throws {
        let desk = try await desk()
        let path = try #require(desk.logs.last)
        var lines = try desk.lines(path)
        lines.removeFirst()
        try desk.put(lines: lines, at: path)
        await #expect(throws: AuditError.self) { try await issue(desk) }
    }
}

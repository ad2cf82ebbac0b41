import Disk
import Domain
import Foundation
import Ledger
import Spool
import Support
import Testing
import Vault

@testable import Intake

@Suite struct AcceptorTests {
    let desk: Desk
    let manifest = #"{"prompt": "a red fox", "references": ["a.png", "b.png"], "count": 2}"#
    let images = ["a.png": "pixels of a", "b.png": "pixels of b"]

    init() throws { desk = try Desk() }

    @Test func `an accepted job has its work files and nothing of it stays in the clear`() async throws {
        let job = try await desk.accept(manifest, images, name: "my fox")
        #expect(job.id.hasPrefix("my-fox-"))
        #expect(job.state == .accepted)
        #expect(job.reason == nil)
        #expect(job.referenceCount == 2)
        #expect(job.inputBytes == 22)
        #expect(job.inputsDeleteBy == job.acceptedAt.after(.hours(24)))
        let blobs = try await desk.ledger.blobs(of: job.id)
        #expect(blobs.map(\.kind) == [.reference, .reference, .spec])
        #expect(try await desk.blobs.get(blobs[1].id, limit: 100) == Array("pixels of b".utf8))
        #expect(try await desk.ledger.outputs(of: job.id).count == 2)
        #expect(try Folders.list(desk.spool.claims).entries.isEmpty)
        #expect(try Folders.list(desk.spool.inbox).entries.isEmpty)
    }

    @Test func `a claim that is found again after a crash is the same job and leaves no second copy`() async throws {
        let claim = try desk.claim(manifest, images)
        try shell("cp -a '\(claim.folder)' ../crashed", in: desk.spool.claims)
        let acceptor = try await desk.acceptor()
        let id = try await acceptor.accept(claim)
        // Killed after the ledger's row and before the claim was dropped.
        try Files.rename(desk.spool.privateFolder + "/crashed", to: claim.folder)
        #expect(try desk.claims.leftOver() == [claim])
        #expect(try await desk.acceptor().accept(claim) == id)
        #expect(try await desk.ledger.jobs(JobFilter()).map(\.id) == [id])
        #expect(try desk.blobsOnDisk == 3)
        #expect(try Folders.list(desk.spool.claims).entries.isEmpty)
    }

    @Test func `a claim that was accepted and only half ended is ended at the next try`() async throws {
        let claim = try desk.claim(manifest, images)
        let acceptor = try await desk.acceptor()
        let staysBehind = desk.spool.privateFolder + "/copy"
        try shell("cp -a '\(claim.folder)' '\(staysBehind)'", in: desk.spool.claims)
        #expect(try await acceptor.accept(claim) != nil)
        // Its first rename was made, and what came after it failed.
        try Files.rename(staysBehind, to: desk.spool.claims + "/gone-" + claim.token)
        #expect(try await acceptor.accept(claim) == nil)
        #expect(try await desk.ledger.jobs(JobFilter()).count == 1)
        #expect(try Folders.list(desk.spool.claims).entries.isEmpty)
    }

    @Test(arguments: 0...2)
    func `a disk that fills up keeps the claim and no half of a job`(written: Int) async throws {
        let claim = try desk.claim(manifest, images)
        desk.blobs.allow(written)
        let acceptor = try await desk.acceptor()
        let error = try #require(
            await #expect(throws: Acceptor.AcceptError.self) { try await acceptor.accept(claim) })
        #expect(error.isFull)
        #expect(try desk.blobsOnDisk == 0)
        #expect(try await desk.ledger.jobs(JobFilter()).isEmpty)
        #expect(try desk.claims.leftOver() == [claim])
        desk.blobs.allow(nil)
        try await acceptor.accept(claim)
        #expect(try await desk.ledger.jobs(JobFilter()).count == 1)
        #expect(try desk.blobsOnDisk == 3)
    }

    @Test(arguments: [
        "a\nb", "..b", "-rf", "ü", String(repeating: "n", count: 255), "$(x)", "a/../b".replacing("/", with: "\\"),
    ])
    func `a strange name becomes a plain id`(name: String) async throws {
        let job = try await desk.accept(#"{"prompt": "p"}"#, name: name)
        #expect(job.reason == nil)
        #expect(JobName.isValidID(job.id))
        #expect(!job.id.hasPrefix("-"))
    }

    // MARK: ids

    @Test func `the manifest's id is the job's`() async throws {
        #expect(try await desk.accept(#"{"prompt": "p", "id": "order-7"}"#).id == "order-7")
    }

    @Test func `the same id with the same content is a duplicate that buys nothing`() async throws {
        let same = #"{"prompt": "p", "id": "order-7", "references": ["a.png"]}"#
        let renamed = #"{"id": "order-7", "references": ["x.png"], "prompt": "p"}"#
        let first = try await desk.accept(same, images)
        let second = try await desk.accept(renamed, ["x.png": "pixels of a"])
        #expect(second.id.hasPrefix("order-7-"))
        #expect(second.requestedID == "order-7")
        #expect(second.duplicateOf == first.id)
        #expect(second.reason == nil)
    }

    @Test(arguments: [
        (#"{"prompt": "q", "id": "order-7", "references": ["a.png", "b.png"]}"#, ["a.png": "ab", "b.png": "c"]),
        (#"{"prompt": "p", "id": "order-7", "references": ["a.png", "b.png"]}"#, ["a.png": "a", "b.png": "bc"]),
        (#"{"prompt": "p", "id": "order-7", "references": ["b.png", "a.png"]}"#, ["a.png": "ab", "b.png": "c"]),
        (
            #"{"prompt": "p", "id": "order-7", "mask": "b.png", "references": ["a.png"]}"#,
            ["a.png": "ab", "b.png": "c"]
        ),
        (
            #"{"prompt": "p", "id": "order-7", "references": ["a.png", "b.png"], "subject": "bob"}"#,
            ["a.png": "ab", "b.png": "c"]
        ),
        (#"{"prompt": "p", "id": "order-7", "references": ["missing.png"]}"#, [:]),
    ])
    func `the same id with other content is refused under an id of its own`(
        other: String, files: [String: String]
    ) async throws {
        let first = try await desk.accept(
            #"{"prompt": "p", "id": "order-7", "references": ["a.png", "b.png"]}"#, ["a.png": "ab", "b.png": "c"])
        let second = try await desk.accept(other, files)
        #expect(second.id.hasPrefix("order-7-"))
        #expect(second.requestedID == "order-7")
        #expect(second.duplicateOf == nil)
        #expect(second.reason?.code == (files.isEmpty ? .invalidManifest : .idConflict))
        #expect(try await desk.ledger.job("order-7") == first)
    }

    @Test func `the longest id still gets a mark where it is taken`() async throws {
        let id = String(repeating: "i", count: 100)
        for prompt in ["p", "q"] { _ = try await desk.accept(#"{"prompt": "\#(prompt)", "id": "\#(id)"}"#) }
        #expect(try await desk.ledger.jobs(JobFilter()).allSatisfy { $0.id.count <= 100 })
    }

    @Test(arguments: Outcome.allCases)
    func `an outcome folder that no job explains keeps its id`(outcome: Outcome) async throws {
        try Folders.make(desk.spool.outcome(outcome, of: "order-7"))
        let job = try await desk.accept(#"{"prompt": "p", "id": "order-7"}"#)
        #expect(job.id.hasPrefix("order-7-"))
        #expect(job.requestedID == "order-7")
        #expect(job.reason?.code == .idConflict)
        #expect(try await desk.ledger.job("order-7") == nil)
    }

    // MARK: refusals

    @Test func `a refused hand-over is a job with its reason and without work files`() async throws {
        let job = try await desk.accept(#"{"prompt": "p", "references": ["missing.png"]}"#, name: "bad")
        #expect(job.id.hasPrefix("bad-"))
        #expect(job.state == .accepted)
        #expect(job.reason?.code == .invalidManifest)
        #expect(job.reason?.field == "references[0]")
        #expect(try desk.blobsOnDisk == 0)
        #expect(try Folders.list(desk.spool.claims).entries.isEmpty)
    }

    @Test func `what no route can do is refused before anything is kept`() async throws {
        let job = try await desk.accept(#"{"prompt": "p", "model": "unknown", "id": "x"}"#)
        #expect(job.id == "x")
        #expect(job.reason?.code == .modelNotFound)
        #expect(try desk.blobsOnDisk == 0)
    }

    // MARK: retention

    @Test(arguments: [
        ("1h", "2h", Span.hours(1), Span.hours(2)), ("48h", "90d", .hours(12), .hours(6)), ("0s", "0s", .zero, .zero),
    ])
    func `a job may shorten how long it is kept and not lengthen it`(
        inputs: String, outputs: String, keptInputs: Span, keptOutputs: Span
    ) async throws {
        desk.retainInputs = .hours(12)
        desk.retainOutputs = .hours(6)
        let job = try await desk.accept(
            #"{"prompt": "p", "retain": {"inputs": "\#(inputs)", "outputs": "\#(outputs)"}}"#)
        #expect(job.retainInputs == keptInputs)
        #expect(job.retainOutputs == keptOutputs)
    }

    @Test func `outputs that are kept for ever may still be given an end by the job`() async throws {
        #expect(try await desk.accept(#"{"prompt": "p"}"#).retainOutputs == nil)
        let job = try await desk.accept(#"{"prompt": "p", "retain": {"outputs": "1h"}}"#, name: "other")
        #expect(job.retainOutputs == .hours(1))
    }

    // MARK: privacy

    @Test func `nothing personal stands in the ledger, in what is logged or in the names of work files`() async throws {
        let canaries = ["PROMPTCANARY", "FILECANARY", "SUBJECTCANARY", "PIXELCANARY"]
        let text = #"""
            {"prompt": "PROMPTCANARY", "references": ["FILECANARY.png"], "subject": "SUBJECTCANARY", "id": "good"}
            """#
        let good = try await desk.accept(text, ["FILECANARY.png": "PIXELCANARY"])
        #expect(good.reason == nil)
        #expect(good.subjectRef?.count == 64)
        let bad = [
            (text, [:]), (text.replacing(#""good""#, with: "7"), ["FILECANARY.png": "PIXELCANARY"]),
            (text.dropLast(3) + "FILECANARY", [:]), (text, ["FILECANARY.png": ""]),
            (text.replacing("FILECANARY.png", with: "../FILECANARY.png"), [:]),
        ]
        for (number, (manifest, files)) in bad.enumerated() {
            let job = try await desk.accept(String(manifest), files, name: "bad\(number)")
            #expect(job.reason != nil)
        }
        for file in ["ledger.sqlite", "ledger.sqlite-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: desk.spool.privateFolder + "/" + file))
            for canary in canaries { #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(canary) in \(file)") }
        }
        let wal = try Data(contentsOf: URL(fileURLWithPath: desk.spool.ledger + "-wal"))
        #expect(wal.range(of: Data(good.id.utf8)) != nil)
        let names = try Folders.list(desk.spool.blobs).entries.map(\.name).joined(separator: " ")
        #expect(desk.logged.all.contains("job.accepted"))
        for canary in canaries { #expect(!desk.logged.all.contains(canary) && !names.contains(canary)) }
    }

    @Test func `a subject is known by a hash that another installation can not make`() async throws {
        let first = try await desk.accept(#"{"prompt": "p", "subject": "bob"}"#, name: "a")
        let again = try await desk.accept(#"{"prompt": "q", "subject": "bob"}"#, name: "b")
        let elsewhere = try await Desk().accept(#"{"prompt": "p", "subject": "bob"}"#)
        #expect(first.subjectRef == again.subjectRef)
        #expect(first.subjectRef != elsewhere.subjectRef)
        #expect(first.contentRef != elsewhere.contentRef)
    }
}

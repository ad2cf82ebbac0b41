import Disk
import Documents
import Domain
import Foundation
import Journal
import Ledger
import Outcomes
import Spool
import Support
import Testing
import Vault

/// What is kept of what subjects asked for, and how it ends.
@Suite struct HistoryTests {
    private static let words = "a heron that nobody else is to read of"
    let counter: Counter
    let vault: SubjectVault
    let one = String(repeating: "1a", count: 32)

    init() throws {
        counter = try Counter()
        let spool = counter.spool
        vault = SubjectVault(
            folder: spool.subjects, keys: spool.keys, hours: spool.hours, root: RootKey(.own(spool.sealKey)))
    }

    private func history(_ ledger: (any JobLedger)? = nil) -> History {
        let ledger = ledger ?? counter.ledger
        return History(ledger: ledger, vault: vault, recorder: Recorder(ledger: ledger, log: .silent))
    }

    private var spec: JobSpec {
        var spec = JobSpec(prompt: Self.words)
        spec.template = TemplateUse(name: "bird", version: 3, variables: [.init(name: "plumage", value: "heron")])
        spec.aspectRatio = AspectRatio("16:9")
        return spec
    }

    private func made(
        _ id: String = "fox", _ term: HistoryTerm? = .account, count: Int = 1, outputs: [Int] = [1]
    ) async throws -> JobRecord {
        try await counter.made(id, count: count, outputs: outputs) { [one] job in
            job.subjectRef = one
            job.history = term
        }
    }

    private func settle(_ job: JobRecord, _ ledger: (any JobLedger)? = nil) async throws {
        try await history(ledger).keep(job, spec)
        try await counter.settler(ledger ?? counter.ledger).settle(job, as: .done, because: nil)
    }

    private func object(_ purpose: Purpose, isWithdrawn: Bool = false) async throws {
        let request = RightsRequest(
            id: "r-\(purpose.rawValue)-\(isWithdrawn)", verb: "object", subjectRef: one,
            received: try await counter.ledger.now())
        try await counter.ledger.object(request, to: purpose, isWithdrawn: isWithdrawn)
    }

    private func kept() async throws -> [(record: HistoryRecord, document: JSONValue?)] {
        try await history().records(of: one)
    }

    @Test func `prompt and template are sealed with what was made of them, and open for their subject alone`()
        async throws
    {
        let job = try await made()
        try await history().keep(job, spec)
        #expect(try await kept().isEmpty, "nothing counts before the job has settled")
        try await counter.settler.settle(job, as: .done, because: nil)
        let (record, document) = try #require(try await kept().first)
        #expect(record.job == "fox" && record.template == "bird" && record.templateVersion == 3)
        #expect(record.aspectRatio == "16:9" && record.outputs == ["fox-1.png"] && record.endsAt == nil)
        #expect(document?["schema"]?.string == "darkroom.history/1" && document?["prompt"]?.string == Self.words)
        #expect(document?["template"]?["variables"]?["plumage"]?.string == "heron")
        try Folders.removeTree(counter.spool.blobs)
        let walk = FileManager.default.enumerator(atPath: counter.spool.root)
        let files = walk?.compactMap { $0 as? String } ?? []
        for word in [Self.words, "heron", "plumage"] {
            let found = files.filter { file in
                FileManager.default.contents(atPath: counter.spool.root + "/" + file)?.range(of: Data(word.utf8)) != nil
            }
            #expect(found == [], "\(word) is in clear")
        }
        try await vault.end(one)
        #expect(try await kept().map { $0.document == nil } == [true])
    }

    @Test func `nothing is kept where the policy keeps none, nobody is meant, or the subject objects`() async throws {
        try await settle(try await made("none", nil))
        let nobody = try await counter.made("nobody") { $0.history = .account }
        try await settle(nobody)
        try await object(.history)
        try await settle(try await made("no"))
        #expect(try await kept().isEmpty)
        #expect(try await vault.documents(of: one).isEmpty)
        try await object(.history, isWithdrawn: true)
        try await settle(try await made("yes"))
        #expect(try await kept().map(\.record.job) == ["yes"])
    }

    @Test func `it ends by its time, by an objection, and not as long as a legal hold keeps it`() async throws {
        try await settle(try await made("short", .span(.hours(48))))
        try await settle(try await made("long"))
        counter.clock.pass(.hours(47))
        #expect(try await history().sweep(strays: false) == 0)
        #expect(try await kept().count == 2)
        counter.clock.pass(.hours(1))
        #expect(try await history().sweep(strays: false) == 0)
        #expect(try await kept().map(\.record.job) == ["long"])
        #expect(try await vault.documents(of: one).count == 1)
        #expect(try await counter.ledger.events(of: "short").contains { $0.event.name == "history.ended" })

        let now = try await counter.ledger.now()
        let order = RightsRequest(id: "h", verb: "hold", subjectRef: one, received: now)
        try await counter.ledger.begin(
            LegalHold(id: "hold-h", subjectRef: one, reason: "x", begins: now, expires: now.after(.hours(5))), order)
        try await object(.history)
        #expect(try await history().sweep(strays: false) == 0)
        #expect(try await kept().count == 1)
        counter.clock.pass(.hours(5))
        #expect(try await history().sweep(strays: false) == 0)
        #expect(try await kept().isEmpty)
        #expect(try await vault.documents(of: one).isEmpty)
    }

    @Test func `a second run of a job tells of all that was made, once`() async throws {
        try await settle(try await made(count: 2, outputs: [1]))
        let job = try #require(try await counter.ledger.seize("fox", for: "again", from: [.done]))
        var second = OutputRecord(job: "fox", index: 2)
        (second.state, second.file) = (.made, "fox-2.png")
        let written = try await counter.ledger.write(job.hold, nil, [.output(second)])
        try await history().keep(written, spec)
        let all = try await kept()
        #expect(all.count == 1 && all.first?.record.outputs == ["fox-1.png", "fox-2.png"])
        #expect(all.first?.document?["outputs"]?.array?.count == 2)
        #expect(try await vault.documents(of: one).count == 1)
    }

    @Test func `of a job that comes to no picture nothing is kept, and no document stays that no row explains`()
        async throws
    {
        let job = try await made()
        try await history().keep(job, spec)
        try await counter.settler.settle(job, as: .failed, because: Reason(.outputFailed, "x"))
        #expect(try await history().sweep(strays: false) == 0)
        #expect(try await vault.documents(of: one).isEmpty)
        let stray = try await vault.seal(Array("x".utf8), for: one)
        let path = counter.spool.subjects + "/" + one + "/" + stray
        #expect(try await history().sweep(strays: true) == 0)
        #expect(Files.exists(path), "its row may be about to come")
        #expect(
            try await vault.documents(of: one, changedBefore: Monotonic.wall() - Span.hours(2).milliseconds).isEmpty)
        #expect(try await vault.documents(of: one, changedBefore: Monotonic.wall() + 1000) == [stray])
        #expect(try await counter.ledger.unknownDocuments(among: [stray]) == [stray])
    }

    @Test(arguments: (1...5).flatMap { write in [false, true].map { DyingLedger.Death(write: write, isAfter: $0) } })
    func `wherever a kill comes there is one record, and one document of it`(death: DyingLedger.Death) async throws {
        let job = try await made()
        do {
            try await settle(job, DyingLedger(counter.ledger, dying: death))
        } catch let error as LedgerError {
            #expect(error == DyingLedger.killed)
        }
        if let again = try await counter.restart() {
            if again.staged != nil {
                try await counter.settler.resume(again)
            } else {
                try await settle(again)
            }
        }
        let all = try await kept()
        #expect(all.count == 1 && all.first?.document?["prompt"]?.string == Self.words)
        let documents = try await vault.documents(of: one).map(\.id)
        let strays = try await counter.ledger.unknownDocuments(among: documents)
        #expect(documents.count - strays.count == 1)
        // A document that was sealed right before the kill is a stray, and goes with the next sweep that looks for these.
        #expect(strays.isEmpty || (death.write == 1 && !death.isAfter))
    }

    @Test func `what was taken away of a job is known as long as its history is, also when the job is forgotten`()
        async throws
    {
        try await settle(try await made("fox", .span(.hours(24 * 60))))
        try Folders.removeTree(counter.spool.outcome(.done, of: "fox"))
        _ = try await counter.ledger.delivered(["fox"])
        counter.clock.pass(.hours(24 * 40))
        let job = try #require(try await counter.ledger.job("fox"))
        let eraser = Eraser(
            ledger: counter.ledger, blobs: counter.blobs, recorder: Recorder(ledger: counter.ledger, log: .silent))
        _ = try await eraser.erase(job)
        let last = try await counter.ledger.lastEvent()
        try await counter.ledger.setAuditMark(AuditMark(size: 1, root: "", event: last))
        #expect(try await counter.ledger.forget(settledBefore: counter.ledger.now()) == 1)
        #expect(try await counter.ledger.deliveries(ofSubject: one).count == 1)
        #expect(try await kept().count == 1)
        counter.clock.pass(.hours(24 * 20))
        #expect(try await history().sweep(strays: false) == 0)
        #expect(try await counter.ledger.deliveries(ofSubject: one).isEmpty)
    }
}

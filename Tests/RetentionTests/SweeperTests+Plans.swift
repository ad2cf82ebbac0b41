import Disk
import Domain
import Journal
import Ledger
import Outcomes
import Retention
import Spool
import Support
import Testing

/// What the terms of a plan end, and when that is said.
extension SweeperTests {
    /// A job of one output under a plan, published.
    func planned(
        _ id: String, count: Int? = 2, age: Span? = nil, subject: String = "s"
    ) async throws {
        var plan = PlanTerms(name: "free")
        (plan.count, plan.age) = (count, age)
        let now = try await ledger.now()
        var job = JobRecord(
            id: id, claimToken: "c-" + id, route: "offline", acceptedAt: now, inputsDeleteBy: now.after(.hours(24)),
            retainInputs: .zero)
        (job.plan, job.subjectRef, job.retainOutputs) = (plan, subject, age)
        _ = try await ledger.accept(job, blobs: [])
        var claimed = try #require(try await ledger.claim(1, for: "test", lease: .hours(1)).first)
        for event in [JobEvent.prepared, .called, .answered, .finished] {
            claimed = try await ledger.write(claimed.hold, event, [])
        }
        var output = OutputRecord(job: id, index: 1)
        output.state = .made
        output.file = "\(id)-1.png"
        output.bytes = 7
        try Folders.make(spool.staged(id))
        try Files.writeDurably([1], to: spool.staged(id) + "/\(id)-1.png")
        let sidecar = Array(#"{"retention":{"inputs_delete_by":"x"}}"#.utf8)
        try Files.writeDurably(sidecar, to: spool.staged(id) + "/\(id)-1.png.json")
        claimed = try await ledger.write(claimed.hold, nil, [.output(output)])
        try await settler.settle(claimed, as: .done, because: nil)
        clock.pass(.minutes(1))
    }

    private func told(_ id: String) async throws -> [String] {
        try await ledger.events(of: id).map(\.event).filter { $0.name.hasPrefix("output.") }.map { event in
            event.name + (event.facts["rule"].map { " " + $0 } ?? "")
        }
    }

    private func ends(_ id: String) throws -> [Bool] {
        let text = try [
            spool.outcome(.done, of: id) + "/status.json", spool.outcome(.done, of: id) + "/\(id)-1.png.json",
        ]
        .map { String(decoding: try #require(try Files.read($0, limit: 1 << 20)), as: UTF8.self) }
        return [text[0].contains("\"expires_at\""), text[1].contains("\"output_expires_at\"")]
    }

    @Test func `the oldest output above a plan's count ends a day after that was said, and its papers say when`()
        async throws
    {
        for id in ["a", "b"] { try await planned(id) }
        try await planned("x", subject: "other")
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [false, false])
        try await planned("c")
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [true, true] && ends("b") == [false, false] && ends("x") == [false, false])
        #expect(try await told("a") == ["output.expires_soon plan.count"])
        clock.pass(.hours(23))
        #expect(try await sweeper.runOnce().outputs == 0)
        clock.pass(.hours(1))
        #expect(try await sweeper.runOnce().outputs == 1)
        #expect(!Files.exists(spool.outcome(.done, of: "a")) && Files.exists(spool.outcome(.done, of: "b")))
        #expect(
            try await told("a") == ["output.expires_soon plan.count", "output.expired plan.count", "output.deleted"])
        #expect(try await sweeper.runOnce().outputs == 0)
    }

    @Test func `an output that was to end is spared where room is made in time, by deletion or by delivery`()
        async throws
    {
        for id in ["a", "b", "c", "d"] { try await planned(id) }
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [true, true] && ends("b") == [true, true])
        let shelf = Shelf(ledger: ledger, spool: spool, recorder: Recorder(ledger: ledger, log: .silent))
        try await shelf.delete("c")
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [true, true] && ends("b") == [false, false])
        #expect(try await told("b") == ["output.expires_soon plan.count", "output.spared"])
        try Folders.removeTree(spool.outcome(.done, of: "d"))
        try await sweeper.noteDeliveries()
        _ = try await sweeper.runOnce()
        #expect(try ends("a") == [false, false])
        clock.pass(.hours(30))
        #expect(try await sweeper.runOnce().outputs == 0)
        #expect(try await told("c") == ["output.deleted"], "what somebody had deleted did not expire")
    }

    @Test func `a plan's age ends an output, and that is said a day before`() async throws {
        try await planned("a", count: nil, age: .hours(48))
        _ = try await sweeper.runOnce()
        #expect(try ends("a")[0])
        #expect(try await told("a").isEmpty)
        clock.pass(.hours(24))
        _ = try await sweeper.runOnce()
        #expect(try await told("a") == ["output.expires_soon plan.outputs"])
        clock.pass(.hours(24))
        #expect(try await sweeper.runOnce().outputs == 1)
        #expect(
            try await told("a") == [
                "output.expires_soon plan.outputs", "output.expired plan.outputs", "output.deleted",
            ])
    }

    @Test func `what stands under a plan is known as long as it is here`() async throws {
        try await planned("a")
        try await planned("b")
        clock.pass(.hours(24 * 40))
        try Folders.removeTree(spool.outcome(.done, of: "b"))
        try await sweeper.noteDeliveries()
        let last = try await ledger.lastEvent()
        try await ledger.setAuditMark(AuditMark(size: 1, root: "", event: last))
        _ = try await sweeper.runOnce()
        #expect(try await ledger.job("a") != nil)
        let later = try await ledger.lastEvent()
        try await ledger.setAuditMark(AuditMark(size: 1, root: "", event: later))
        _ = try await sweeper.runOnce()
        #expect(try await ledger.job("b") == nil)
    }

    @Test func `each output that is taken away is written down with its time and size`() async throws {
        try await planned("a")
        try await planned("b", subject: "other")
        try Folders.removeTree(spool.outcome(.done, of: "a"))
        try await sweeper.noteDeliveries()
        try await sweeper.noteDeliveries()
        let taken = try await ledger.deliveries(of: "a")
        #expect(taken.map(\.index) == [1] && taken.map(\.bytes) == [7] && taken.map(\.at) == [clock.wall()])
        #expect(try await ledger.deliveries(ofSubject: "s") == taken)
        #expect(try await ledger.deliveries(ofSubject: "other") == [])
    }
}

import Disk
import Documents
import Domain
import Foundation
import Glibc
import Ledger
import Outcomes
import Spool
import Support
import Testing
import Vault

@Suite struct SettlerTests {
    let counter: Counter

    init() throws { counter = try Counter() }

    @Test func `a made job appears whole and is settled`() async throws {
        let job = try await counter.made()
        try await counter.settler.settle(job, as: .done, because: nil)
        #expect(try counter.outcomes == ["done/fox"])
        #expect(try counter.names("done/fox") == ["fox-1.png", "fox-1.png.json", "status.json"])
        #expect(try Folders.list(counter.spool.staging).entries.isEmpty)
        let settled = try #require(try await counter.ledger.job("fox"))
        #expect(settled.state == .done)
        #expect(settled.staged == nil)
        #expect(settled.settledAt == settled.acceptedAt)
        #expect(settled.inputsDeleteBy == settled.acceptedAt.after(.hours(1)))
    }

    @Test func `modes do not depend on the caller's umask`() async throws {
        let before = umask(0o077)
        defer { umask(before) }
        try await counter.settler.settle(try await counter.made(), as: .done, because: nil)
        #expect(try counter.mode("done/fox") == 0o2750)
        for name in try counter.names("done/fox") { #expect(try counter.mode("done/fox/" + name) == 0o640) }
    }

    // MARK: crashes

    static let deaths = (1...4).flatMap { write in
        [false, true].flatMap { isAfter in
            [Span.hours(1), .zero].map { (DyingLedger.Death(write: write, isAfter: isAfter), $0) }
        }
    }

    @Test(arguments: deaths)
    func `wherever a kill comes there is one whole folder and one settled job`(
        death: DyingLedger.Death, retain: Span
    ) async throws {
        let job = try await counter.made(retain: retain)
        let dying = DyingLedger(counter.ledger, dying: death)
        do throws(LedgerError) {
            try await counter.settler(dying).settle(job, as: .done, because: nil)
        } catch {
            #expect(error == DyingLedger.killed)
        }
        let promised = try counter.outcomes.isEmpty ? nil : counter.status("done/fox")
        counter.clock.pass(.minutes(30))
        if let again = try await counter.restart() {
            // What a job runner does: go on with what is staged, or settle anew.
            if again.staged != nil {
                try await counter.settler.resume(again)
            } else {
                try await counter.settler.settle(again, as: .done, because: nil)
            }
        }
        #expect(try counter.outcomes == ["done/fox"])
        #expect(try counter.names("done/fox") == ["fox-1.png", "fox-1.png.json", "status.json"])
        #expect(try Folders.list(counter.spool.staging).entries.isEmpty)
        let settled = try #require(try await counter.ledger.job("fox"))
        #expect(settled.state == .done)
        #expect(settled.staged == nil)
        let status = try counter.status("done/fox")
        if let promised { #expect(status == promised) }
        #expect(status["times"]?["settled"]?.string == settled.settledAt?.description)
        #expect(status["inputs"]?["delete_by"]?.string == settled.inputsDeleteBy.description)
        #expect(try await counter.blobs.list().isEmpty == (retain == .zero))
        #expect(try await counter.restart() == nil)
    }

    @Test func `a folder that was half staged when the process died is staged anew`() async throws {
        let job = try await counter.job()
        try Files.writeDurably([0x7B], to: prepared("fox") + "/status.json.tmp")
        try Files.writeDurably([0x7B], to: prepared("fox") + "/fox-1.png")
        try await counter.settler.settle(job, as: .failed, because: Reason(.invalidRequest, "no"))
        #expect(try counter.names("failed/fox") == ["status.json"])
    }

    func prepared(_ id: String) throws -> String {
        try Folders.make(counter.spool.staged(id))
        return counter.spool.staged(id)
    }

    @Test func `nobody sees the folder while inputs that are due at once are still there`() async throws {
        let job = try await counter.made(retain: .zero)
        // The second write is the eraser's: the blobs are destroyed when it is reached.
        let dying = DyingLedger(counter.ledger, dying: .init(write: 2, isAfter: false))
        await #expect(throws: DyingLedger.killed) {
            try await counter.settler(dying).settle(job, as: .done, because: nil)
        }
        #expect(dying.isDead)
        #expect(try await counter.blobs.list().isEmpty)
        #expect(try counter.outcomes.isEmpty)
    }

    // MARK: one outcome at a time

    @Test func `a held job that is given up has one folder and that one is failed`() async throws {
        let job = try await counter.job("fox", [.prepared, .called])
        try await counter.settler.settle(job, as: .held, because: Reason(.outcomeUnknown, "no answer came"))
        #expect(try counter.outcomes == ["held/fox"])
        let held = try #require(try await counter.ledger.job("fox"))
        #expect(held.state == .held)
        #expect(held.settledAt == nil)
        #expect(held.inputsDeleteBy == held.acceptedAt.after(.hours(24)))
        #expect(try counter.status("held/fox")["times"]?["settled"] == nil)
        let seized = try #require(try await counter.ledger.seize("fox", for: "operator"))
        try await counter.settler.settle(seized, as: .failed, because: Reason(.cancelled, "given up"))
        #expect(try counter.outcomes == ["failed/fox"])
        #expect(try counter.status("failed/fox")["reason"]?["code"]?.string == "cancelled")
    }

    @Test(arguments: (1...2).flatMap { write in [false, true].map { DyingLedger.Death(write: write, isAfter: $0) } })
    func `a kill while a held job is given up leaves one folder and the next try ends it`(
        death: DyingLedger.Death
    ) async throws {
        let job = try await counter.job("fox", [.prepared, .called])
        try await counter.settler.settle(job, as: .held, because: Reason(.outcomeUnknown, "no answer came"))
        let seized = try #require(try await counter.ledger.seize("fox", for: "operator"))
        let dying = DyingLedger(counter.ledger, dying: death)
        await #expect(throws: DyingLedger.killed) {
            try await counter.settler(dying).settle(seized, as: .failed, because: Reason(.cancelled, "given up"))
        }
        #expect(try counter.outcomes.count == 1)
        _ = try await counter.restart()
        if let again = try await counter.ledger.seize("fox", for: "operator") {
            try await counter.settler.settle(again, as: .failed, because: Reason(.cancelled, "given up"))
        }
        #expect(try counter.outcomes == ["failed/fox"])
        #expect(try await counter.ledger.job("fox")?.state == .failed)
    }

    @Test func `what a retry left makes way for the new failure`() async throws {
        try Folders.make(counter.spool.outcome(.failed, of: "fox"))
        try Files.writeDurably([0x7B], to: counter.spool.outcome(.failed, of: "fox") + "/status.json")
        try await counter.settler.settle(counter.job(), as: .failed, because: Reason(.invalidRequest, "no"))
        #expect(try counter.status("failed/fox")["reason"]?["code"]?.string == "invalid_request")
    }

    @Test func `a result that is there already is never replaced by a failure`() async throws {
        let job = try await counter.made()
        let dying = DyingLedger(counter.ledger, dying: .init(write: 2, isAfter: false))
        await #expect(throws: DyingLedger.killed) {
            try await counter.settler(dying).settle(job, as: .done, because: nil)
        }
        #expect(try counter.outcomes == ["done/fox"])
        counter.clock.pass(.hours(30))
        let late = try #require(try await counter.restart())
        try await counter.settler.settle(late, as: .failed, because: Reason(.expired, "too late"))
        #expect(try counter.outcomes == ["done/fox"])
        #expect(try counter.names("done/fox").contains("fox-1.png"))
        #expect(try await counter.ledger.job("fox")?.state == .done)
    }

    @Test func `a settled job can not be settled again`() async throws {
        let job = try await counter.made()
        try await counter.settler.settle(job, as: .done, because: nil)
        await #expect(throws: LedgerError.self) {
            try await counter.settler.settle(job, as: .failed, because: Reason(.cancelled, "too late"))
        }
        #expect(try counter.outcomes == ["done/fox"])
        #expect(try Folders.list(counter.spool.staging).entries.isEmpty)
    }

    @Test func `who has lost a job touches nothing of it`() async throws {
        let job = try await counter.made()
        _ = try await counter.ledger.seize("fox", for: "another")
        await #expect(throws: LedgerError.lost(job: "fox")) {
            try await counter.settler.settle(job, as: .failed, because: Reason(.cancelled, "no"))
        }
        #expect(try counter.outcomes.isEmpty)
        #expect(try Folders.list(counter.spool.staged("fox")).entries.map(\.name) == ["fox-1.png", "fox-1.png.json"])
    }

    @Test func `a folder that can not be looked at is not taken for a published one`() async throws {
        let job = try await counter.made()
        let dying = DyingLedger(counter.ledger, dying: .init(write: 1, isAfter: true))
        await #expect(throws: DyingLedger.killed) {
            try await counter.settler(dying).settle(job, as: .done, because: nil)
        }
        let again = try #require(try await counter.restart())
        let aside = counter.scratch.file("staging")
        try Files.rename(counter.spool.staging, to: aside)
        try FileManager.default.createSymbolicLink(
            atPath: counter.spool.staging, withDestinationPath: counter.spool.staging)
        await #expect(throws: LedgerError.self) { try await counter.settler.resume(again) }
        #expect(try await counter.ledger.job("fox")?.state == .made)
        try Files.remove(counter.spool.staging)
        try Files.rename(aside, to: counter.spool.staging)
        try await counter.settler.resume(again)
        #expect(try counter.outcomes == ["done/fox"])
    }

    @Test func `an upstream that took the folder away is no hindrance`() async throws {
        let job = try await counter.made()
        let dying = DyingLedger(counter.ledger, dying: .init(write: 2, isAfter: false))
        await #expect(throws: DyingLedger.killed) {
            try await counter.settler(dying).settle(job, as: .done, because: nil)
        }
        try Files.rename(counter.spool.outcome(.done, of: "fox"), to: counter.scratch.file("delivered"))
        let again = try #require(try await counter.restart())
        try await counter.settler.resume(again)
        #expect(try await counter.ledger.job("fox")?.state == .done)
        #expect(try counter.outcomes.isEmpty)
    }
}

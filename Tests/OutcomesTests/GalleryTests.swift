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

/// What others may see of outputs, and how it ends.
@Suite struct GalleryTests {
    let counter: Counter

    init() throws { counter = try Counter() }

    private var gallery: Gallery {
        Gallery(
            ledger: counter.ledger, spool: counter.spool, recorder: Recorder(ledger: counter.ledger, log: .silent))
    }

    private func shown(
        _ id: String = "fox", _ visibility: Visibility = .public, count: Int = 1, subject: String? = nil,
        protect: Bool = false
    ) async throws -> JobRecord {
        let job = try await counter.made(id, count: count, outputs: Array(1...count)) { job in
            job.visibility = visibility
            job.subjectRef = subject
            job.isProtected = protect
        }
        for index in 1...count where protect {
            let path = counter.spool.staged(id) + "/\(id)-\(index).preview.jpg"
            try Files.writeDurably(Array("marked".utf8), to: path, mode: 0o640)
        }
        return job
    }

    private func settle(_ job: JobRecord) async throws {
        try await counter.settler.settle(job, as: .done, because: nil)
    }

    private var index: JSONValue {
        get throws { try JSONParser.parse(Array(Data(contentsOf: URL(fileURLWithPath: counter.spool.galleryIndex)))) }
    }

    private var files: [String] {
        get throws { try Folders.list(counter.spool.gallery).entries.map(\.name).filter { $0 != "index.json" } }
    }

    private var listed: [String] {
        get throws { (try index["pictures"]?.array ?? []).compactMap { $0["file"]?.string } }
    }
    private var withdrawn: [String] {
        get throws { (try index["withdrawn"]?.array ?? []).compactMap { $0["id"]?.string } }
    }

    private func text(_ file: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: counter.spool.gallery + "/" + file)), as: UTF8.self)
    }

    @Test func `what is public stands in the folder and in the index, and leads to no job and no subject`() async throws
    {
        try await settle(try await shown(count: 2, subject: "s"))
        let (files, listed) = (try files, try listed)
        #expect(files.count == 2 && files == listed.sorted())
        #expect(try counter.mode("gallery") == 0o2750 && counter.mode("gallery/" + files[0]) == 0o640)
        let entry = try #require(try index["pictures"]?[0])
        #expect(entry["width"]?.int == 3840 && entry["height"]?.int == 2160 && entry["format"]?.string == "png")
        #expect(entry["protect"]?.bool == false && entry["file"]?.string == (entry["id"]?.string ?? "") + ".png")
        let said = try index.compact
        #expect(!said.contains("fox") && !files.contains { $0.contains("fox") })
        let names = (try counter.status("done/fox")["outputs"]?.array ?? []).compactMap { $0["gallery"]?.string }
        #expect(names == listed)
        // One file with two names: it takes no room, and stays when the outcome is taken away.
        try FileManager.default.removeItem(atPath: counter.spool.outcome(.done, of: "fox"))
        try await gallery.agree()
        #expect(try self.files == files && self.listed == listed)
        #expect(try text(files[0]) == "picture")
    }

    @Test func `what is unlisted stands in the folder alone, and leaves no word when it goes`() async throws {
        try await settle(try await shown("fox", .unlisted))
        #expect(try files.count == 1 && listed == [])
        #expect(try counter.status("done/fox")["outputs"]?[0]?["gallery"]?.string == files.first)
        #expect(try await gallery.withdraw(job: "fox") == 1)
        #expect(try files == [] && withdrawn == [])
    }

    @Test func `what is private, or repeats another job, is not shown, and there is no folder for it`() async throws {
        try await settle(try await shown("fox", .private))
        try await gallery.agree()
        #expect(!Files.exists(counter.spool.gallery))
        try await settle(
            try await counter.made("hen") { job in
                job.visibility = .public
                job.duplicateOf = "fox"
            })
        #expect(!Files.exists(counter.spool.gallery))
    }

    @Test func `of a protected output the marked preview is shown, and never the output`() async throws {
        try await settle(try await shown(protect: true))
        let file = try #require(try files.first)
        #expect(try files.count == 1 && file.hasSuffix(".jpg") && text(file) == "marked")
        let entry = try #require(try index["pictures"]?[0])
        #expect(entry["protect"]?.bool == true && entry["format"]?.string == "jpeg")
        #expect(entry["width"]?.int == 1024 && entry["height"]?.int == 576)
        let output = try counter.status("done/fox")["outputs"]?[0]
        #expect(output?["preview"]?.string == "fox-1.preview.jpg" && output?["gallery"]?.string == file)
        #expect(try counter.status("done/fox")["protect"]?.bool == true)
    }

    @Test func `what is withdrawn is gone at once, and the index says so for thirty days`() async throws {
        try await settle(try await shown("fox", count: 2))
        counter.clock.pass(.minutes(1))
        try await settle(try await shown("hen"))
        let before = try listed
        #expect(before.count == 3)
        #expect(try await gallery.withdraw(.output(job: "fox", index: 1)) == 1)
        let gone = Set(before).subtracting(try listed)
        #expect(try gone.count == 1 && Set(files) == Set(listed))
        #expect(try withdrawn.map { $0 + ".png" } == Array(gone))
        #expect(try counter.status("done/fox")["outputs"]?.array?.map { $0["gallery"] == nil } == [true, false])
        #expect(try await gallery.withdraw(.output(job: "fox", index: 1)) == 0)
        let told = try await counter.ledger.events(of: "fox").filter { $0.event.name == "gallery.withdrawn" }
        #expect(told.map(\.event.facts) == [["output": "1"]])
        counter.clock.pass(.hours(30 * 24 - 1))
        try await gallery.agree()
        #expect(try withdrawn.count == 1)
        counter.clock.pass(.hours(1))
        try await gallery.agree()
        #expect(try withdrawn == [] && listed.count == 2)
    }

    @Test func `a subject takes all of their own out and nobody else's`() async throws {
        try await settle(try await shown("fox", count: 2, subject: "a"))
        try await settle(try await shown("hen", .unlisted, subject: "a"))
        try await settle(try await shown("owl", subject: "b"))
        try await settle(try await shown("elk"))
        #expect(try await gallery.withdraw(subject: "a") == 3)
        #expect(try files.count == 2 && listed.count == 2 && withdrawn.count == 2)
        #expect(try await counter.ledger.gallery(of: "owl").count == 1)
    }

    @Test func `an output that is deleted is withdrawn, also where its folder was taken away`() async throws {
        try await settle(try await shown("fox"))
        try await settle(try await shown("hen"))
        let shelf = Shelf(
            ledger: counter.ledger, spool: counter.spool, recorder: Recorder(ledger: counter.ledger, log: .silent))
        try await shelf.delete("fox")
        #expect(try files.count == 1 && listed.count == 1 && withdrawn.count == 1)
        try FileManager.default.removeItem(atPath: counter.spool.outcome(.done, of: "hen"))
        _ = try await counter.ledger.delivered(["hen"])
        #expect(try files.count == 1)
        try await shelf.delete("hen")
        #expect(try files == [] && listed == [] && withdrawn.count == 2)
    }

    @Test func `the sweep takes out what nobody explains and puts back what is missing as long as it can`() async throws
    {
        try await settle(try await shown("fox"))
        try await settle(try await shown("hen"))
        let all = try files
        try Data().write(to: URL(fileURLWithPath: counter.spool.gallery + "/somebody's.png"))
        for file in all { try Files.remove(counter.spool.gallery + "/" + file) }
        try FileManager.default.removeItem(atPath: counter.spool.outcome(.done, of: "hen"))
        try Data("{}".utf8).write(to: URL(fileURLWithPath: counter.spool.galleryIndex))
        try await gallery.agree()
        let names = try counter.status("done/fox")["outputs"]?.array?.compactMap { $0["gallery"]?.string }
        #expect(try files == names && listed == names && withdrawn.count == 1)
        try FileManager.default.removeItem(atPath: counter.spool.gallery)
        try await gallery.agree()
        #expect(try files == names && listed == names && counter.mode("gallery") == 0o2750)
    }

    @Test func `a withdrawal that was cut short behind its row is finished by the sweep`() async throws {
        try await settle(try await shown("fox"))
        try await settle(try await shown("hen"))
        _ = try await counter.ledger.withdraw(.job("fox"))
        #expect(try files.count == 2 && listed.count == 2)
        try await gallery.agree()
        #expect(try files.count == 1 && listed.count == 1 && withdrawn.count == 1)
    }

    @Test func `whoever objects, is restricted or is being erased is taken out by the sweep, and nobody else`()
        async throws
    {
        for id in ["a", "b", "c", "d"] { try await settle(try await shown(id, subject: id)) }
        let now = try await counter.ledger.now()
        func request(_ subject: String) -> RightsRequest {
            RightsRequest(id: "r-" + subject, verb: "x", subjectRef: subject, received: now)
        }
        try await counter.ledger.object(request("a"), to: .gallery, isWithdrawn: false)
        try await counter.ledger.restrict(request("b"))
        _ = try await counter.ledger.beginErasing(request("c"))
        try await counter.ledger.object(request("d"), to: .statistics, isWithdrawn: false)
        try await gallery.heed()
        #expect(try files.count == 1 && listed.count == 1 && withdrawn.count == 3)
        #expect(try await counter.ledger.gallery(of: "d").count == 1)
    }

    @Test(arguments: (1...4).flatMap { write in [false, true].map { DyingLedger.Death(write: write, isAfter: $0) } })
    func `wherever a kill comes, what the folder shows is what the index and the ledger say`(
        death: DyingLedger.Death
    ) async throws {
        let job = try await shown(count: 2)
        do throws(LedgerError) {
            try await counter.settler(DyingLedger(counter.ledger, dying: death)).settle(job, as: .done, because: nil)
        } catch {
            #expect(error == DyingLedger.killed)
        }
        // What a start does: first the sweep, then what was under way.
        let again = try await counter.restart()
        try await gallery.agree()
        if let again {
            if again.staged != nil {
                try await counter.settler.resume(again)
            } else {
                try await counter.settler.settle(again, as: .done, because: nil)
            }
        }
        let names = try counter.status("done/fox")["outputs"]?.array?.compactMap { $0["gallery"]?.string }
        #expect(names?.count == 2)
        #expect(try listed == names && files == names?.sorted())
        #expect(try await counter.ledger.gallery(of: "fox").allSatisfy { $0.shownAt != nil })
        #expect(try Folders.list(counter.spool.staging).entries.isEmpty)
    }

    @Test func `a job is known as long as something of it is shown`() async throws {
        try await settle(try await shown("fox"))
        try await settle(try await counter.made("hen"))
        counter.clock.pass(.hours(24 * 40))
        for id in ["fox", "hen"] {
            let job = try #require(try await counter.ledger.job(id))
            let eraser = Eraser(
                ledger: counter.ledger, blobs: counter.blobs,
                recorder: Recorder(ledger: counter.ledger, log: .silent))
            _ = try await eraser.erase(job)
        }
        let last = try await counter.ledger.lastEvent()
        try await counter.ledger.setAuditMark(AuditMark(size: 1, root: "", event: last))
        let now = try await counter.ledger.now()
        #expect(try await counter.ledger.forget(settledBefore: now) == 1)
        #expect(try await counter.ledger.job("fox") != nil)
        try await gallery.withdraw(job: "fox")
        let later = try await counter.ledger.lastEvent()
        try await counter.ledger.setAuditMark(AuditMark(size: 1, root: "", event: later))
        #expect(try await counter.ledger.forget(settledBefore: now) == 1)
    }
}

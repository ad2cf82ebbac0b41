import Disk
import Domain
import Journal
import Ledger
import Outcomes
import Retention
import Spool
import Support
import Testing

/// Outputs that were taken away from `done/`.
extension SweeperTests {
    /// A job whose folder stands in `done/`, with one picture that stays three hours.
    func publishedJob(_ id: String) async throws {
        let job = try await job(id, outputs: .hours(3))
        var output = OutputRecord(job: id, index: 1)
        output.state = .made
        output.file = "\(id)-1.png"
        let staged = spool.staged(id)
        try Folders.make(staged)
        for name in ["\(id)-1.png", "\(id)-1.png.json", "\(id)-1.original.jpg"] {
            try Files.writeDurably([1], to: staged + "/" + name)
        }
        for event in [JobEvent.prepared, .called, .answered, .finished] {
            _ = try await ledger.write(job.hold, event, [])
        }
        let made = try await ledger.write(job.hold, nil, [.output(output)])
        try await settler.settle(made, as: .done, because: nil)
    }

    @Test func `deliveries are looked for a few at a time, in turn`() async throws {
        for id in ["a", "b", "c"] {
            try await publishedJob(id)
            try Folders.removeTree(spool.outcome(.done, of: id))
        }
        var place = ""
        var seen: [Int] = []
        for _ in 0..<4 {
            place = try await sweeper.noteDeliveries(after: place, most: 1)
            var delivered = 0
            for id in ["a", "b", "c"] {
                if try await ledger.events(of: id).contains(where: { $0.event.name == "outputs.delivered" }) {
                    delivered += 1
                }
            }
            seen.append(delivered)
        }
        #expect(seen == [1, 2, 3, 3] && place.isEmpty)
    }

    @Test func `a folder that was taken away was delivered, once, and one that we deleted was not`() async throws {
        try await publishedJob("taken")
        try await publishedJob("left")
        try await sweeper.noteDeliveries()
        #expect(try await ledger.events(of: "taken").map(\.event.name) == ["job.accepted", "job.settled"])
        try Folders.removeTree(spool.outcome(.done, of: "taken"))
        for _ in 0..<2 { try await sweeper.noteDeliveries() }
        clock.pass(.hours(3))
        #expect(try await sweeper.runOnce().outputs == 2)
        try await sweeper.noteDeliveries()
        let taken = try await ledger.events(of: "taken").map(\.event)
        #expect(
            taken.map(\.name) == [
                "job.accepted", "job.settled", "outputs.delivered", "output.expired", "output.deleted",
            ])
        #expect(taken.last?.facts["found"] == "no", "what was taken away was not deleted here")
        let left = try await ledger.events(of: "left").map(\.event)
        #expect(left.map(\.name) == ["job.accepted", "job.settled", "output.expired", "output.deleted"])
        #expect(left.last?.facts["found"] == "yes" && left.last?.facts["late_s"] == "0")
        #expect(try await ledger.published(after: "", limit: 10) == [])
    }
}

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

@Suite struct StatusTests {
    let counter: Counter

    init() throws { counter = try Counter() }

    static let always = [
        "schema", "job", "outcome", "partial", "missing", "simulated", "times", "attempts", "cost", "inputs", "outputs",
    ]

    static func nulls(_ value: JSONValue) -> Int {
        switch value {
        case .null: 1
        case .array(let elements): elements.reduce(0) { $0 + nulls($1) }
        case .object(let members): members.reduce(0) { $0 + nulls($1.value) }
        default: 0
        }
    }

    @Test func `a partial job says what is there, what is missing and what it cost`() async throws {
        var job = try await counter.made(count: 2, outputs: [1]) {
            $0.requestedID = "wanted"
            $0.retainOutputs = .hours(2)
        }
        var lost = OutputRecord(job: "fox", index: 2)
        lost.state = .failed
        lost.billed = .possible
        lost.reason = Reason(.badResponse, "no picture in it")
        func effect(_ id: String, _ output: Int, _ billed: Billed, _ cost: Int64, _ source: String) -> Change {
            var effect = EffectRecord(
                id: id, job: "fox", output: output, route: "mai", provider: "microsoft-mai", model: "mai26", cost: cost,
                sentAt: job.acceptedAt)
            effect.state = .answered
            effect.callClass = "ok"
            effect.requestID = "req-" + id
            effect.billed = billed
            effect.costSource = source
            return .effect(effect)
        }
        job = try await counter.ledger.write(
            job.hold, nil,
            [
                .output(lost), effect("a", 1, .yes, 40_000, "usage"), effect("b", 2, .possible, 50_000, "estimate"),
                effect("c", 2, .no, 0, "none"), .references(removed: ["exif", "gps"], sizes: []),
            ])
        try await counter.settler.settle(job, as: .done, because: nil)
        let status = try counter.status("done/fox")
        #expect(Self.nulls(status) == 0)
        let keys = status.members?.map(\.key) ?? []
        #expect(Set(keys) == Set(Self.always + ["requested_id"]))
        #expect(Set(keys).count == keys.count)
        #expect(status["schema"]?.string == StatusDocument.schema)
        #expect(status["requested_id"]?.string == "wanted")
        #expect(status["partial"]?.bool == true)
        #expect(status["missing"]?.array?.count == 1)
        #expect(status["missing"]?[0]?["index"]?.int == 2)
        #expect(status["missing"]?[0]?["code"]?.string == "bad_response")
        #expect(status["missing"]?[0]?["billed"]?.string == "possible")
        #expect(status["attempts"]?.array?.count == 3)
        #expect(status["attempts"]?[0]?["route"]?.string == "mai")
        #expect(status["attempts"]?[0]?["request_id"]?.string == "req-a")
        #expect(status["attempts"]?[0]?["class"]?.string == "ok")
        #expect(status["cost"]?["micro_usd"]?.int == 90_000)
        #expect(status["cost"]?["source"]?.string == "estimate")
        #expect(status["inputs"]?["removed"]?.array?.compactMap(\.string) == ["exif", "gps"])
        #expect(status["inputs"]?["count"]?.int == 1)
        #expect(status["inputs"]?["bytes"]?.int == 6)
        let output = try #require(status["outputs"]?[0])
        #expect(
            output.members?.map(\.key)
                == ["name", "width", "height", "format", "bytes", "sha256", "expires_at"])
        let expires = try await counter.ledger.outputs(of: "fox").first?.expiresAt
        #expect(expires == job.acceptedAt.after(.hours(2)))
        #expect(output["expires_at"]?.string == expires?.description)
    }

    @Test func `a failed job says why and has no output`() async throws {
        let job = try await counter.job()
        let reason = Reason(
            .referenceTooLarge, "too large", field: "references[0]", limit: "10", value: "11", hint: "send less")
        try await counter.settler.settle(job, as: .failed, because: reason)
        let status = try counter.status("failed/fox")
        #expect(Self.nulls(status) == 0)
        #expect(Set(status.members?.map(\.key) ?? []) == Set(Self.always + ["reason"]))
        #expect(
            status["reason"]?.members?.map(\.key)
                == ["code", "message", "field", "limit", "value", "hint", "retryable"])
        #expect(status["reason"]?["retryable"]?.string == "no")
        #expect(status["outputs"]?.array == [])
        #expect(status["missing"]?.array == [])
        #expect(status["partial"]?.bool == false)
    }

    @Test func `a text with quotes and line ends in it is still one JSON document`() async throws {
        let nasty = "a \"b\" \\ \n \u{0} \u{1F} \u{2028} \u{FFFF} 🦊"
        try await counter.settler.settle(counter.job(), as: .failed, because: Reason(.invalidManifest, nasty))
        #expect(try counter.status("failed/fox")["reason"]?["message"]?.string == nasty)
    }
}

@Suite struct EraserTests {
    /// Work files of which one can not be deleted.
    struct StuckBlobs: BlobStore {
        let real: FileBlobs
        let stuck: String

        func newKey(hour: Int64) async throws(VaultError) -> String { try await real.newKey(hour: hour) }
        func endHours(before hour: Int64) async throws(VaultError) -> Int { try await real.endHours(before: hour) }
        func endHours(before hour: Int64, but used: Set<Int64>) async throws(VaultError) -> Int {
            try await real.endHours(before: hour, but: used)
        }
        func destroyKey(_ key: String) async throws(VaultError) { try await real.destroyKey(key) }
        func walkKeys() async throws(VaultError) -> any VaultWalk { try await real.walkKeys() }
        func begin(under key: String) async throws(VaultError) -> any BlobWriter { try await real.begin(under: key) }
        func get(_ id: String, limit: Int) async throws(VaultError) -> [UInt8] { try await real.get(id, limit: limit) }
        func head(_ id: String, count: Int) async throws(VaultError) -> [UInt8] {
            try await real.head(id, count: count)
        }
        func size(_ id: String) async throws(VaultError) -> Int { try await real.size(id) }
        func walkBlobs() async throws(VaultError) -> any VaultWalk { try await real.walkBlobs() }
        func destroyUnfinished(_ id: String, beside count: Int) async throws(VaultError) {
            try await real.destroyUnfinished(id, beside: count)
        }
        func destroy(_ id: String) async throws(VaultError) {
            if id == stuck { throw .disk(DiskError("delete a file", code: 5)) }
            try await real.destroy(id)
        }
    }

    @Test func `a work file that can not be deleted stops no other and is tried again`() async throws {
        let counter = try Counter()
        var job = try await counter.job()
        let stuck = try await counter.blobs.put([1], under: counter.blobs.newKey(hour: 1))
        let third = try await counter.blobs.put([2], under: counter.blobs.newKey(hour: 1))
        job = try await counter.ledger.write(
            job.hold, nil,
            [
                .addBlob(BlobRecord(id: stuck, job: "fox", kind: .mask, position: 0, bytes: 1)),
                .addBlob(BlobRecord(id: third, job: "fox", kind: .spec, position: 0, bytes: 1)),
            ])
        let recorder = Recorder(ledger: counter.ledger, log: .silent)
        let blobs = StuckBlobs(real: counter.blobs, stuck: stuck)
        let first = try await Eraser(ledger: counter.ledger, blobs: blobs, recorder: recorder).erase(job)
        #expect(first.failures == 1)
        #expect(first.blobs == 2)
        #expect(try await counter.blobs.list().map(\.id) == [stuck])
        #expect(try await counter.ledger.job("fox")?.inputsDeletedAt == nil)
        let second = try await Eraser(ledger: counter.ledger, blobs: counter.blobs, recorder: recorder).erase(job)
        #expect(second.failures == 0)
        #expect(try await counter.blobs.list().isEmpty)
        #expect(try await counter.ledger.job("fox")?.inputsDeletedAt != nil)
    }
}

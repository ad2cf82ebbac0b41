import Disk
import Documents
import Domain
import Ledger

/// What a package says of itself (`darkroom.export/1`).
extension ExportPackage {
    /// All but the jobs, and what is only known after them.
    func heading(_ story: SubjectStory, _ request: RightsRequest) async throws(RightsError) -> [JSONValue.Member] {
        let reference = request.subjectRef
        let (balance, movements) = try await onLedger { () throws(LedgerError) in
            (
                try await ledger.creditBalance(of: reference),
                try await ledger.creditHistory(of: reference, limit: Self.mostMovements)
            )
        }
        let consents = try await onLedger { () throws(LedgerError) in try await ledger.consents(of: reference) }
        let document = JSONValue.fields([
            "schema": .string(Self.schema), "made": .string(story.now.description), "request": .string(request.id),
            "policy": .fields(["id": .string(about.policy.id), "sha256": .string(about.policy.sha256)]),
            "contact": .text(about.contact),
            "restricted_since": .text(story.record.restrictedAt?.description),
            "suspended_since": .text(story.record.suspendedAt?.description),
            "objections": .array(story.record.objections.map(\.rawValue).sorted().map { .string($0) }),
            "consents": .array(
                consents.map { consent in
                    .fields([
                        "purpose": .string(consent.purpose), "policy_sha256": .string(consent.textHash),
                        "given": .string(consent.given.description), "withdrawn": .text(consent.withdrawn?.description),
                    ])
                }),
            "record": story.card,
            "holds": .array(story.holds.map { $0.document(at: story.now) }),
            "requests": .array(story.requests.map(\.document)),
            "credits": .fields([
                "free": .integer(balance.free), "reserved": .integer(balance.reserved),
                "spent": .integer(balance.spent), "expired": .integer(balance.expired),
                "movements": .array(movements.map(Self.document)),
            ]),
        ])
        return document.members ?? []
    }

    private static let mostMovements = 1_000_000

    private static func document(_ movement: CreditMovement) -> JSONValue {
        .fields([
            "at": .string(movement.at.description), "kind": .string(movement.kind.rawValue),
            "credits": .integer(movement.amount), "free_after": .integer(movement.free), "job": .text(movement.job),
            "output": movement.output.map { .integer($0) },
        ])
    }

    /// One job: states, times, costs, what it is kept until, who received what of it.
    func document(
        of job: JobRecord, files: [Packed], _ processors: inout ProcessorList
    ) async throws(RightsError) -> JSONValue {
        let (outputs, effects) = try await onLedger { () throws(LedgerError) in
            (try await ledger.outputs(of: job.id), try await ledger.effects(of: job.id))
        }
        let (deliveries, shown) = try await onLedger { () throws(LedgerError) in
            (try await ledger.deliveries(of: job.id), try await ledger.gallery(of: job.id))
        }
        processors.take(try await onLedger { () throws(LedgerError) in try await ledger.events(of: job.id) })
        return .fields([
            "id": .string(job.id), "requested_id": .text(job.requestedID), "state": .string(job.state.rawValue),
            "reason": .text((job.reason?.code ?? job.waitsFor)?.rawValue), "route": .string(job.route),
            "policy": .fields(["id": .string(job.profileID), "sha256": .string(job.profileHash)]),
            "times": .fields([
                "accepted": .string(job.acceptedAt.description), "started": .text(job.startedAt?.description),
                "settled": .text(job.settledAt?.description),
            ]),
            "inputs": .fields([
                "references": .integer(job.referenceCount), "bytes": .integer(job.inputBytes),
                "delete_by": .string(job.inputsDeleteBy.description),
                "deleted": .text(job.inputsDeletedAt?.description),
            ]),
            "outputs": .array(outputs.map(Self.document)),
            "requests": .array(effects.map(Self.document)),
            "visibility": .string(job.visibility.rawValue),
            "cost": .fields([
                "micro_usd": .integer(effects.costOfBilled)
            ]),
            "files": .array(files.map(\.document)),
            "deliveries": .array(
                deliveries.map { delivery in
                    .fields([
                        "output": .integer(delivery.index), "at": .string(delivery.at.description),
                        "bytes": delivery.bytes.map { .integer($0) },
                    ])
                }),
            "gallery": .array(
                shown.map { picture in
                    .fields([
                        "output": .integer(picture.index), "file": .string(picture.name),
                        "listed": .bool(picture.isListed),
                    ])
                }),
        ])
    }

    private static func document(_ output: OutputRecord) -> JSONValue {
        .fields([
            "index": .integer(output.index), "state": .string(output.state.rawValue), "file": .text(output.file),
            "width": output.size.map { .integer($0.width) }, "height": output.size.map { .integer($0.height) },
            "format": .text(output.format), "bytes": output.bytes.map { .integer($0) }, "sha256": .text(output.sha256),
            "expires_at": .text(output.expiresAt?.description), "deleted": .text(output.deletedAt?.description),
            "saved": .bool(output.isSaved),
        ])
    }

    private static func document(_ effect: EffectRecord) -> JSONValue {
        .fields([
            "output": .integer(effect.output), "route": .string(effect.route), "provider": .string(effect.provider),
            "model": .string(effect.model), "request_id": .text(effect.requestID), "class": .text(effect.callClass),
            "billed": .string(effect.billed.rawValue), "sent": .string(effect.sentAt.description),
            "cost": .fields(["micro_usd": .integer(effect.cost), "source": .string(effect.costSource)]),
        ])
    }
}

/// Who has, or may have, received something of a subject: what the events of its requests say, as it was when they left.
struct ProcessorList: Sendable {
    private struct Line {
        var requests = 0
        var first = Timestamp(milliseconds: .max)
        var last = Timestamp(milliseconds: .min)
        var received: Set<String> = []
        /// Of the last request.
        var terms: [String: String] = [:]
    }

    private var lines: [String: Line] = [:]

    /// - Parameter events: of one job, in order.
    mutating func take(_ events: [(at: Timestamp, event: LedgerEvent)]) {
        let ends = events.filter { $0.event.name == "call.ended" }.compactMap { end in
            end.event.facts["call"].map { ($0, end.event.facts["class"]) }
        }
        let ended = Dictionary(ends) { _, last in last }
        for (at, sent) in events where sent.name == "call.sent" {
            // What never left went to nobody.
            if let end = sent.facts["call"].flatMap({ ended[$0] }), end == ReasonCode.notSent.rawValue { continue }
            let name = sent.facts["processor"] ?? sent.facts["provider"] ?? ""
            var line = lines[name] ?? Line()
            line.requests += 1
            line.first = min(line.first, at)
            line.last = max(line.last, at)
            line.received.formUnion((sent.facts["carried"] ?? "").split(separator: " ").map(String.init))
            line.terms = sent.facts
            lines[name] = line
        }
    }

    var documents: [JSONValue] {
        lines.sorted { $0.key < $1.key }.map { name, line in
            .fields([
                "processor": .string(name), "recipient": .text(line.terms["recipient"]),
                "regions": .text(line.terms["regions"]), "kept": .text(line.terms["kept"]),
                "training": .text(line.terms["training"]), "requests": .integer(line.requests),
                "first": .string(line.first.description), "last": .string(line.last.description),
                "received": .array(line.received.sorted().map { .string($0) }),
            ])
        }
    }
}

/// The manifest while it grows: a file of our own, since there may be any number of jobs.
struct ManifestFile: Sendable {
    let path: String

    init(_ path: String) throws(RightsError) { self.path = path }

    func begin(_ members: [JSONValue.Member]) async throws(RightsError) {
        // All but the closing brace, so that more members follow.
        let text = String(JSONValue.object(members).compact.dropLast()) + ",\n\"jobs\":["
        let path = path
        try await onDisk { () throws(DiskError) in
            try Files.remove(path)
            try Descriptor.creating(path).write(Array(text.utf8))
        }
    }

    func add(_ job: JSONValue) async throws(RightsError) {
        let path = path
        let text = Array(("\n" + job.compact).utf8)
        try await onDisk { () throws(DiskError) in
            let file = try Descriptor.appending(path)
            let last = try Files.info(path)?.bytes ?? 0
            let end = try Descriptor.reading(path).read(1, at: max(0, last - 1))
            if end != [UInt8(ascii: "[")] { try file.write([UInt8(ascii: ",")]) }
            try file.write(text)
        }
    }

    func end(_ members: [JSONValue.Member]) async throws(RightsError) {
        let text = "\n],\n" + JSONValue.object(members).compact.dropFirst() + "\n"
        let path = path
        try await onDisk { () throws(DiskError) in try Descriptor.appending(path).write(Array(text.utf8)) }
    }

    func remove() async { try? await onDisk { () throws(DiskError) in try Files.remove(path) } }
}

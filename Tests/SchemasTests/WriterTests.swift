import Documents
import Domain
import Ledger
import Outcomes
import Schemas
import Testing

/// What Darkroom writes fits its schemas, and every key stands in them.
@Suite struct WriterTests {
    private let strict = Validator(isStrict: true)
    private static let moment = Timestamp(milliseconds: 1_790_000_000_123)
    private static let digest = String(repeating: "0f", count: 32)

    private static var job: JobRecord {
        var job = JobRecord(
            id: "order-7-0123ABCD", claimToken: "folder-1", route: "offline", acceptedAt: moment,
            inputsDeleteBy: moment.after(.hours(24)), retainInputs: .hours(24), count: 2, referenceCount: 2,
            inputBytes: 7)
        job.requestedID = "order-7"
        job.duplicateOf = "order-7"
        job.batch = BatchID("orders-0123ABCD")
        job.startedAt = moment
        job.removed = ["exif", "gps"]
        job.visibility = .public
        job.isProtected = true
        job.referenceSizes = [PixelSize(width: 4, height: 3), PixelSize(width: 3, height: 4)]
        return job
    }

    private static let reason = Reason(
        .referenceTooLarge, "too large", field: "references[0]", limit: "5", value: "6", hint: "send a smaller one",
        providerCode: "x.y")

    private static func status(_ outcome: Outcome, because reason: Reason? = nil) -> JSONValue {
        var made = OutputRecord(job: job.id, index: 1)
        made.state = .made
        made.file = "order-7-0123ABCD-1.png"
        made.size = PixelSize(width: 3840, height: 2160)
        made.format = "png"
        made.bytes = 9
        made.sha256 = digest
        made.expiresAt = moment
        var missing = OutputRecord(job: job.id, index: 2)
        missing.state = .unknown
        missing.billed = .possible
        var effect = EffectRecord(
            id: "e", job: job.id, output: 1, route: "offline", provider: "simulator", model: "m", cost: 39_000,
            sentAt: moment)
        effect.requestID = "req-1"
        effect.fallbackFrom = "mai"
        return StatusDocument(
            job: job, outcome: outcome, reason: reason, outputs: [made, missing], effects: [effect], settledAt: moment,
            inputsDeleteBy: moment, shown: [picture]
        ).document
    }

    private static var picture: GalleryPicture {
        let id = String(digest.prefix(32))
        return GalleryPicture(
            id: id, of: OutputRecord(job: job.id, index: 1), isListed: true, file: "order-7-0123ABCD-1.preview.jpg",
            name: id + ".jpg", size: PixelSize(width: 1024, height: 576), format: "jpeg", created: moment, model: "m",
            sourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", isProtected: true,
            isSimulated: false)
    }

    @Test func `a document of history fits its schema, which promises no key that is never written`() {
        var spec = JobSpec(prompt: "x")
        spec.template = TemplateUse(name: "poster", version: 3, variables: [.init(name: "title", value: "y")])
        var record = HistoryRecord(of: Self.job, subjectRef: "s", at: Self.moment, document: "")
        (record.model, record.aspectRatio, record.size) = ("m", "16:9", "1536x864")
        (record.template, record.templateVersion, record.outputs) = ("poster", 3, ["order-7-0123ABCD-1.png"])
        let document = History.document(record, spec)
        #expect(strict.faults(of: document, by: PublicSchema.history.document) == [])
        #expect(document.writtenKeys.subtracting(["title"]) == PublicSchema.history.document.describedKeys)
    }

    @Test func `the gallery's index fits its schema, which promises no key that is never written`() {
        let tombstone = GalleryTombstone(id: Self.picture.id, at: Self.moment)
        let document = GalleryIndex(pictures: [Self.picture], withdrawn: [tombstone]).document
        #expect(strict.faults(of: document, by: PublicSchema.gallery.document) == [])
        #expect(document.writtenKeys == PublicSchema.gallery.document.describedKeys)
    }

    private static func sidecar(upscaled: Bool) -> JSONValue {
        let native = PixelSize(width: 1536, height: 864)
        let size = upscaled ? PixelSize(width: 3840, height: 2160) : native
        var sidecar = Sidecar(
            job: job, index: 1,
            file: .init(name: "order-7-0123ABCD-1.png", sha256: digest, bytes: 9, size: size, format: .png),
            created: moment,
            model: .init(provider: "simulator", route: "offline", model: "m", version: "m-1", fallbackFrom: "mai"),
            parameters: .fields(["size": "1536x864", "style": ["x", 1]]),
            native: .init(size: native, format: .jpeg, sha256: digest, provenance: ["c2pa"]), scaled: size,
            cost: (39_000, "usage"),
            digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            inputsDeleteBy: moment)
        if upscaled {
            sidecar.original = .init(name: "a.original.jpg", sha256: digest, bytes: 5, size: native, format: .jpeg)
            sidecar.preview = .init(name: "a.preview.jpg", sha256: digest, bytes: 5, size: native, format: .jpeg)
            sidecar.expected = PixelSize(width: 1536, height: 1024)
            sidecar.upscaled = .enhanced
            sidecar.usage = (1, 2, 3)
            sidecar.timings = [("call", 5), ("render", 7)]
            sidecar.outputExpiresAt = moment
            sidecar.prompt = "x"
        }
        return sidecar.document
    }

    @Test(arguments: [status(.done), status(.failed, because: reason), status(.held, because: reason)])
    func `a status document fits its schema and holds no key that is not in it`(document: JSONValue) {
        #expect(strict.faults(of: document, by: PublicSchema.status.document) == [])
    }

    @Test(arguments: [sidecar(upscaled: true), sidecar(upscaled: false)])
    func `a sidecar fits its schema and holds no key that is not in it`(document: JSONValue) {
        #expect(strict.faults(of: document, by: PublicSchema.sidecar.document) == [])
    }

    @Test func `the schemas promise no key that is never written`() {
        let status = [Self.status(.done), Self.status(.failed, because: Self.reason)].map(\.writtenKeys)
        #expect(PublicSchema.status.document.describedKeys == status.reduce([]) { $0.union($1) })
        let free: Set = ["style", "render", "call"]
        let sidecar = Self.sidecar(upscaled: true).writtenKeys.subtracting(free)
        #expect(PublicSchema.sidecar.document.describedKeys.subtracting(sidecar) == [])
    }

    @Test func `every code of the public surface stands in the schema of a status document`() {
        let schema = PublicSchema.status.document
        let codes = schema["properties"]?["reason"]?["properties"]?["code"]?["enum"]?.array?.compactMap(\.string)
        #expect(codes.map(Set.init) == Set(ReasonCode.allCases.map(\.rawValue)))
    }

    @Test(
        arguments: [
            ("outcome", "lost"), ("schema", "darkroom.status/2"), ("simulated", "yes"), ("job", nil), ("outputs", nil),
            ("outputs", #"[{"name":"a.png"}]"#), ("cost", #"{"micro_usd":-1,"source":"usage"}"#),
            ("times", #"{"accepted":"yesterday"}"#),
            ("reason", #"{"code":"bad_luck","message":"m","retryable":"no"}"#),
            ("missing", #"[{"index":2,"code":"internal","billed":"maybe"}]"#),
        ] as [(String, String?)])
    func `a wrong status document does not fit`(key: String, value: String?) throws {
        let wrong = Self.replacing(
            key, of: Self.status(.failed, because: Self.reason), with: try value.map(Self.parsed))
        #expect(strict.faults(of: wrong, by: PublicSchema.status.document) != [])
    }

    @Test(
        arguments: [
            ("digital_source_type", "camera"), ("native", nil), ("generator", nil), ("timings_ms", #"{"call":"long"}"#),
            ("upscale", #"{"method":"magic"}"#), ("output", #"{"index":1}"#),
            ("references", #"{"count":2,"sizes":[7]}"#),
            ("retention", #"{"inputs_delete_by":"2026-11-21"}"#),
        ] as [(String, String?)])
    func `a wrong sidecar does not fit`(key: String, value: String?) throws {
        let wrong = Self.replacing(key, of: Self.sidecar(upscaled: true), with: try value.map(Self.parsed))
        #expect(strict.faults(of: wrong, by: PublicSchema.sidecar.document) != [])
    }

    @Test(arguments: PublicSchema.allCases)
    func `a schema is JSON that says which dialect it is in and what it is for`(schema: PublicSchema) throws {
        let read = try JSONParser.parse(schema.document.pretty)
        #expect(read == schema.document)
        #expect(read["$schema"]?.string == "https://json-schema.org/draft/2020-12/schema")
        #expect(read["description"]?.string?.isEmpty == false)
    }

    // MARK: tools

    private static func parsed(_ text: String) throws -> JSONValue {
        text.hasPrefix("[") || text.hasPrefix("{") ? try JSONParser.parse(text) : .string(text)
    }

    private static func replacing(_ key: String, of document: JSONValue, with value: JSONValue?) -> JSONValue {
        .object(
            (document.members ?? []).compactMap { member in
                member.key == key ? value.map { .init(key: key, value: $0) } : member
            })
    }
}

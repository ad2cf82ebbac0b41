import Digests
import Disk
import Documents
import Domain
import Imaging
import Inspection
import Journal
import Ledger
import Outcomes
import Provenance
import Providers
import Settings
import Spool
import Transport
import Vault
import Workers

/// answered → made: every answer upscaled, encoded, marked, checked, and laid beside its sidecar in the staging folder.
struct Finish: Sendable {
    let shop: Workshop
    let job: JobRecord
    let spec: JobSpec
    let route: Route
    /// Milliseconds of the stages before this one, as far as this run saw them.
    let timings: [(stage: String, milliseconds: Int64)]

    /// Limits for what a model answers: its pixels are ours to enlarge, but not without bound.
    private static let answerLimits = PictureLimits(
        bytes: 64 << 20, pixels: 64_000_000, edge: 16_384, accepted: PictureLimits.answers)

    func run() async throws -> JobRecord {
        let outputs = try await shop.ledger.outputs(of: job.id)
        let folder = shop.spool.staged(job.id)
        try await BlockingLane.disk.run { () throws(DiskError) in
            try Folders.make(folder)
            try Folders.setMode(folder, SpoolFolders.outcomeMode)
        }
        for output in outputs where output.state == .answered {
            do {
                try await shop.withPlace { try await make(output) }
            } catch StepEnd.refused(let reason) {
                var failed = output
                failed.state = .failed
                failed.reason = reason
                try await shop.recorder.write(
                    job.hold, nil, [.output(failed)],
                    LedgerEvent(
                        "output.failed", job: job.id,
                        ["output": String(output.index), "reason": reason.code.rawValue]))
            }
        }
        return try await shop.ledger.write(job.hold, .finished, [])
    }

    // MARK: one output

    private func make(_ output: OutputRecord) async throws {
        let blobs = try await shop.ledger.blobs(of: job.id)
        guard let original = blobs.first(where: { $0.kind == .original && $0.position == output.index }) else {
            throw StepEnd.vault(.missing)
        }
        let answer = try await shop.blobs.get(original.id, limit: 64 << 20)
        let marks = readMarks(of: answer)
        if marks.isSimulated { try await shop.ledger.write(job.hold, nil, [.simulated]) }
        let started = Monotonic.milliseconds()
        let defaults = shop.configuration.output
        let format = spec.output.format ?? defaults.format
        let order = RenderOrder(
            size: spec.output.size ?? defaults.size, fit: spec.output.fit ?? defaults.fit, format: format,
            quality: spec.output.quality ?? defaults.quality, upscale: spec.output.upscale ?? defaults.upscale,
            png: defaults.png, threads: shop.workers.count, limits: Self.answerLimits)
        let rendered = try await render(answer, order)
        let renderedAt = Monotonic.milliseconds()
        let packet = try await packet(route(of: output))
        let marked = try Self.mark(rendered.bytes, packet)
        let preview = spec.protect ? try await preview(of: answer, order, rendered.size, output) : nil

        let name = "\(job.id)-\(output.index).\(format.suffix)"
        let facts = Sidecar.FileFacts(
            name: name, sha256: hexadecimal(SHA256Digest.of(marked)), bytes: marked.count, size: rendered.size,
            format: format)
        var sidecar = try await sidecar(output, answer, marks, rendered, facts, packet)
        sidecar.timings =
            timings + [("render", renderedAt - started), ("finish", Monotonic.milliseconds() - renderedAt)]
        if let preview {
            sidecar.preview = .init(
                name: Preview.name(of: name), sha256: hexadecimal(SHA256Digest.of(preview.bytes)),
                bytes: preview.bytes.count, size: preview.size, format: Preview.format)
        }
        try await lay(marked, name, sidecar, original: spec.output.original ? answer : nil, preview: preview?.bytes)

        var made = output
        made.state = .made
        made.reason = nil
        made.file = name
        made.size = rendered.size
        made.format = format.rawValue
        made.bytes = Int64(marked.count)
        made.sha256 = facts.sha256
        try await shop.recorder.write(
            job.hold, nil, [.output(made)],
            LedgerEvent(
                "output.made", job: job.id,
                [
                    "output": String(output.index), "size": rendered.size.description, "format": format.rawValue,
                ]))
    }

    /// What is shown of a protected output: small, with a visible mark all over, and marked as every output is.
    private func preview(
        of answer: [UInt8], _ order: RenderOrder, _ size: PixelSize, _ output: OutputRecord
    ) async throws -> (bytes: [UInt8], size: PixelSize) {
        // The same part of the picture on the same ground.
        let order = RenderOrder(
            size: .box(Preview.size(of: size)), fit: order.fit == .pad ? .pad : .cover, format: Preview.format,
            quality: Self.previewQuality, threads: order.threads, limits: order.limits, isStamped: true)
        let rendered = try await render(answer, order)
        let packet = try await packet(route(of: output))
        return (try Self.mark(rendered.bytes, packet), rendered.size)
    }

    private static let previewQuality = 85

    private func render(_ answer: [UInt8], _ order: RenderOrder) async throws -> RenderedPicture {
        let report = try? inspect(answer)
        let native = PixelSize(width: report?.width ?? 0, height: report?.height ?? 0)
        let canvas = Geometry(native: native, size: order.size, fit: order.fit).canvas
        let need = MemoryEstimate.rendering(native: native, bytes: answer.count, canvas: canvas, as: order.format)
        do throws(WorkerError) {
            return try await shop.withWorker(taking: need) { workers throws(WorkerError) in
                try await workers.render(answer, as: order)
            }
        } catch {
            throw error.stepEnd(Self.reason)
        }
    }

    /// A picture that cannot be decoded is the answer's fault and was paid for; everything else is this machine's.
    private static func reason(of error: WorkerError) -> Reason {
        switch error {
        case .unsupportedContent, .switchedOff, .unreadable, .crashed:
            Reason(
                .badResponse, "the model's picture is damaged", hint: "the answer is kept until the inputs are deleted")
        case .tooLarge(_, let limit, let value):
            Reason(
                .badResponse, "the model's picture is larger than any that was asked for", limit: String(limit),
                value: String(value), hint: "the answer is kept until the inputs are deleted")
        case .timedOut(let how):
            Reason(workerTimeout: how, more: "; the answer is kept until the inputs are deleted")
        default:
            Reason(
                .outputFailed, "the model's picture could not be finished on this machine",
                hint: "look into the log; the answer is kept until the inputs are deleted")
        }
    }

    /// One XMP packet, and our own scanner over the result: an unmarked or unclean file is not published.
    private static func mark(_ bytes: [UInt8], _ packet: XMPPacket) throws -> [UInt8] {
        do throws(ProvenanceError) {
            let marked = try embed(packet, into: bytes)
            let violations = (try? inspect(marked))?.violations(through: .output(allowingXMP: 1))
            guard let violations, violations.isEmpty else {
                throw ProvenanceError.unclean(violations ?? [])
            }
            return marked
        } catch {
            throw StepEnd.refused(
                Reason(.outputFailed, "the finished picture did not pass our own check: \(error)", hint: "report this"))
        }
    }

    // MARK: what is said about it

    /// The route that answered, which need not be the job's own.
    private func route(of output: OutputRecord) -> Route {
        shop.configuration.routes[output.route(of: job)] ?? route
    }

    private func packet(_ route: Route) async throws -> XMPPacket {
        let job = try await shop.ledger.job(job.id) ?? job
        return XMPPacket(
            sourceType: .init(references: job.referenceCount), aiSystem: systemName(route, job.simulated),
            aiSystemVersion: route.deployment, generatorVersion: Product.version,
            created: Timestamp(milliseconds: Monotonic.wall()).description, documentID: randomUUID(),
            isSimulated: job.simulated, isProtected: spec.protect)
    }

    private func systemName(_ route: Route, _ isSimulated: Bool) -> String {
        isSimulated
            ? "Darkroom simulator"
            : route.provider == .microsoftMAI ? "Microsoft MAI-Image-\(route.family)" : route.provider.rawValue
    }

    private func sidecar(
        _ output: OutputRecord, _ answer: [UInt8], _ marks: Marks, _ rendered: RenderedPicture,
        _ facts: Sidecar.FileFacts, _ packet: XMPPacket
    ) async throws -> Sidecar {
        let job = try await shop.ledger.job(job.id) ?? job
        let now = try await shop.ledger.now()
        let effects = try await shop.ledger.effects(of: job.id).filter { $0.output == output.index }
        let route = self.route(of: output)
        let plan = try? CallPlan(spec, on: route, references: job.referenceSizes)
        let answered = try await answeredFacts(effects.last)
        // `answerLimits` let nothing else in.
        let format = rendered.nativeFormat.format ?? .png
        var sidecar = Sidecar(
            job: job, index: output.index, file: facts, created: Timestamp(milliseconds: Monotonic.wall()),
            model: .init(
                provider: effects.last?.provider ?? route.provider.rawValue, route: effects.last?.route ?? route.name,
                model: effects.last?.model ?? route.deployment, version: answered.model,
                fallbackFrom: effects.last?.fallbackFrom),
            parameters: Self.parameters(plan),
            native: .init(
                size: rendered.native, format: format, sha256: hexadecimal(SHA256Digest.of(answer)),
                provenance: (marks.hasC2PA ? ["c2pa"] : []) + (marks.packets > 0 ? ["xmp"] : [])),
            scaled: rendered.scaled,
            cost: (
                effects.costOfBilled, effects.last?.costSource ?? Charge.Source.estimate.rawValue
            ),
            digitalSourceType: packet.sourceType.address,
            inputsDeleteBy: min(job.inputsDeleteBy, now.after(job.retainInputs)))
        sidecar.upscaled = rendered.upscale
        sidecar.expected = plan?.size?.size
        sidecar.outputExpiresAt = job.retainOutputs.map { now.after($0) }
        sidecar.usage = answered.usage.map { ($0.textIn, $0.imageIn, $0.imageOut) }
        sidecar.prompt = shop.configuration.includePrompt ? spec.prompt : nil
        if spec.output.original {
            sidecar.original = .init(
                name: "\(job.id)-\(output.index).original.\(format.suffix)",
                sha256: hexadecimal(SHA256Digest.of(answer)), bytes: answer.count, size: rendered.native,
                format: format)
        }
        return sidecar
    }

    /// What the stored answer says beside the picture.
    private func answeredFacts(_ effect: EffectRecord?) async throws -> (model: String?, usage: TokenUsage?) {
        guard let effect, let blob = effect.answerBlob, let adapter = shop.routes.adapter(of: effect.route),
            let body = try? await shop.blobs.get(blob, limit: Calls.mostOfAnswer)
        else { return (nil, nil) }
        let head = AnswerHead(status: effect.httpStatus ?? 200, headers: [:], bodyBytes: body.count)
        let (verdict, answer) = adapter.read(head, body: body)
        // Counts that could not be believed are not passed on.
        let isBelieved = effect.costSource == Charge.Source.usage.rawValue
        return (answer?.model, isBelieved ? verdict.bill?.usage : nil)
    }

    /// As sent, without the prompt.
    private static func parameters(_ plan: CallPlan?) -> JSONValue {
        guard let plan else { return .object([]) }
        let fields = JSONValue.fields([
            "size": .text(plan.size.map { $0.ratio == nil ? $0.size.description : $0.tier ?? "" }),
            "aspect_ratio": .text(plan.size?.ratio), "quality": .text(plan.quality),
            "background": .text(plan.background),
        ])
        return .object((fields.members ?? []) + plan.extraMembers)
    }

    private func lay(_ bytes: [UInt8], _ name: String, _ sidecar: Sidecar, original: [UInt8]?, preview: [UInt8]?)
        async throws
    {
        let folder = shop.spool.staged(job.id)
        let text = Array(sidecar.document.pretty.utf8)
        let beside = [(sidecar.original?.name, original), (sidecar.preview?.name, preview)]
        try await BlockingLane.disk.run { () throws(DiskError) in
            try Files.writeDurably(bytes, to: folder + "/" + name, mode: 0o640)
            for case (let name?, let bytes?) in beside {
                try Files.writeDurably(bytes, to: folder + "/" + name, mode: 0o640)
            }
            try Files.writeDurably(text, to: folder + "/" + name + ".json", mode: 0o640)
        }
    }
}

import Domain
import Imaging
import Inspection
import Journal
import Ledger
import Providers
import Settings
import Vault
import Workers

/// accepted → ready: every reference upright, in sRGB, within the model's limits, and clean by our own scanner.
struct Prepare: Sendable {
    let shop: Workshop
    let job: JobRecord
    let spec: JobSpec
    /// Those that have outputs of the job: what suits them all is made.
    let routes: [Route]

    func run() async throws -> JobRecord {
        try await keepingNothing { made in try await self.prepare(&made) }
    }

    /// Makes references and mask anew where a route that took an output over allows less than they were made for.
    func refit() async throws -> JobRecord {
        let bounds = Capability.bounds(routes, references: spec.referenceCount)
        let old = try await shop.ledger.blobs(of: job.id).filter { [.normalized, .normalizedMask].contains($0.kind) }
        let isFit = old.allSatisfy { $0.bytes <= Int64($0.kind == .normalized ? bounds.bytes : bounds.maskBytes) }
        if isFit, job.referenceSizes.allSatisfy({ $0.longEdge <= bounds.edge }) { return job }
        let refitted = try await keepingNothing { made in
            var clean = try await self.cleaned(&made)
            clean.changes += old.map { .dropBlob($0.id) }
            return try await self.shop.ledger.write(self.job.hold, nil, clean.changes)
        }
        for blob in old { try? await shop.blobs.destroy(blob.id) }
        await shop.recorder.record(
            "job.refitted", job.id,
            ["references": String(spec.referenceCount), "routes": routes.map(\.name).joined(separator: " ")])
        return refitted
    }

    private func keepingNothing(_ work: (inout [String]) async throws -> JobRecord) async throws -> JobRecord {
        var made: [String] = []
        do {
            return try await work(&made)
        } catch {
            // No row explains these copies of inputs, so that no deadline would reach them. A commit that failed may
            // still be found whole after a crash: its blobs wait for the sweep at start.
            if !(error is LedgerError) { for id in made { try? await shop.blobs.destroy(id) } }
            throw error
        }
    }

    private func prepare(_ made: inout [String]) async throws -> JobRecord {
        var clean = try await cleaned(&made)
        // Checked again with the sizes that are known now, before anything is spent.
        do throws(Reason) {
            for route in routes { _ = try shop.plan(spec, on: route, references: clean.sizes) }
        } catch {
            throw StepEnd.refused(error)
        }
        if routes.contains(where: { $0.provider == .simulator }) { clean.changes.append(.simulated) }
        return try await shop.recorder.write(
            job.hold, .prepared, clean.changes,
            LedgerEvent(
                "job.prepared", job: job.id,
                ["references": String(clean.sizes.count), "removed": clean.removed.joined(separator: " ")]))
    }

    /// References and mask as they will be sent: the rows that say so, their sizes, and what was taken out of them.
    private struct Cleaned {
        var changes: [Change] = []
        var sizes: [PixelSize] = []
        var kinds: Set<MetadataKind> = []
        /// What a mask has to become, since the first reference is known.
        var mask: MaskOrder?

        var removed: [String] { kinds.map(\.rawValue).sorted() }
    }

    private func cleaned(_ made: inout [String]) async throws -> Cleaned {
        let blobs = try await shop.ledger.blobs(of: job.id)
        var done = Cleaned()
        for reference in blobs where reference.kind == .reference {
            try await shop.withPlace {
                let (source, report) = try await source(reference)
                done.kinds.formUnion(report?.kinds ?? [])
                let clean = try await normalized(source, report, at: reference.position)
                try Self.check(clean.bytes, clean.size, "references[\(reference.position)]")
                if reference.position == 0 { done.mask = shop.configuration.masking(clean, for: routes) }
                done.sizes.append(clean.size)
                done.changes.append(try await keep(clean.bytes, clean.format, as: .normalized, of: reference, &made))
            }
        }
        for mask in blobs where mask.kind == .mask {
            try await shop.withPlace {
                let (source, report) = try await source(mask)
                done.kinds.formUnion(report?.kinds ?? [])
                guard let order = done.mask else { throw StepEnd.vault(.missing) }
                let bytes = try await masked(source, report, as: order)
                try Self.check(bytes, order.size, "mask")
                done.changes.append(try await keep(bytes, .png, as: .normalizedMask, of: mask, &made))
            }
        }
        done.changes.append(.references(removed: done.removed, sizes: done.sizes))
        return done
    }

    private func source(_ blob: BlobRecord) async throws -> (bytes: [UInt8], report: PictureReport?) {
        let bytes = try await shop.blobs.get(blob.id, limit: shop.configuration.limits.referenceBytes.bytes)
        return (bytes, try? inspect(bytes))
    }

    private func keep(
        _ bytes: [UInt8], _ format: PictureFormat, as kind: BlobRecord.Kind, of source: BlobRecord,
        _ made: inout [String]
    ) async throws -> Change {
        let id = try await shop.blobs.put(bytes, under: BlobID.key(of: source.id))
        made.append(id)
        return .addBlob(
            BlobRecord(
                id: id, job: job.id, kind: kind, position: source.position, bytes: Int64(bytes.count),
                mediaType: format.rawValue))
    }

    private func normalized(
        _ source: [UInt8], _ report: PictureReport?, at position: Int
    ) async throws -> NormalizedPicture {
        let order = shop.configuration.normalizing(spec, for: routes, at: position)
        let need = MemoryEstimate.normalizing(report, bytes: source.count, edge: order.maxEdge)
        return try await worked("references[\(position)]", taking: need) { workers throws(WorkerError) in
            try await workers.normalize(source, as: order)
        }
    }

    private func masked(
        _ source: [UInt8], _ report: PictureReport?, as order: MaskOrder
    ) async throws -> [UInt8] {
        let need = MemoryEstimate.masking(report, bytes: source.count, to: order.size)
        return try await worked("mask", taking: need) { workers throws(WorkerError) in
            try await workers.mask(source, as: order)
        }
    }

    private func worked<Result>(
        _ field: String, taking need: Int, _ work: (WorkerPool) async throws(WorkerError) -> Result
    ) async throws -> Result {
        do throws(WorkerError) {
            return try await shop.withWorker(taking: need, work)
        } catch {
            throw error.stepEnd { $0.reason(field: field) }
        }
    }

    /// The gate: what the encoder wrote is read again, and anything but pixels of the right size stops the job.
    private static func check(_ picture: [UInt8], _ size: PixelSize, _ field: String) throws {
        let report = try? inspect(picture)
        let violations = report?.violations(through: .reference)
        guard let report, let violations, violations.isEmpty, report.width == size.width, report.height == size.height
        else {
            throw StepEnd.refused(
                Reason(
                    .referenceUnclean, "the cleaned picture did not pass our own check, so it was not sent",
                    field: field, value: violations?.first?.description, hint: "report this; the picture stays here"))
        }
    }
}

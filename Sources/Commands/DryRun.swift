import Daemon
import Documents
import Domain
import Imaging
import Inspection
import Pipeline
import Providers
import Settings
import Workers

/// What `submit --dry-run` shows: model, sizes, what would be taken out of the references, and the price.
struct DryRun {
    private let invocation: Invocation
    private let configuration: Configuration
    private let submission: Submission

    init(_ invocation: Invocation, _ configuration: Configuration, _ submission: Submission) {
        self.invocation = invocation
        self.configuration = configuration
        self.submission = submission
    }

    func run() async throws(CommandError) -> Int32 {
        var sizes: [PixelSize] = []
        var removed: Set<MetadataKind> = []
        let workers = WorkerPool(
            executable: "/proc/self/exe", count: 1, timeout: configuration.workers.timeout.duration,
            sandbox: configuration.workers.sandbox, triesLightFirst: true)
        do throws(Reason) {
            try DenyList(configuration)?.check(submission.spec.prompt)
            let (route, _) = try configuration.examine(submission.spec)
            var masking: MaskOrder?
            for (index, path) in submission.references.enumerated() {
                let field = "references[\(index)]"
                let bytes = try read(path, field)
                removed.formUnion((try? inspect(bytes))?.kinds ?? [])
                let order = configuration.normalizing(submission.spec, for: [route], at: index)
                let clean = try await worked(field) { () throws(WorkerError) in
                    try await workers.normalize(bytes, as: order)
                }
                if index == 0 { masking = configuration.masking(clean, for: [route]) }
                sizes.append(clean.size)
            }
            if let path = submission.mask, let masking {
                let bytes = try read(path, "mask")
                removed.formUnion((try? inspect(bytes))?.kinds ?? [])
                _ = try await worked("mask") { () throws(WorkerError) in try await workers.mask(bytes, as: masking) }
            }
            let (chosen, plan) = try configuration.examine(submission.spec, references: sizes)
            await workers.shutDown()
            show(chosen, plan, sizes, removed.map(\.rawValue).sorted())
            return ExitCode.fine.rawValue
        } catch {
            await workers.shutDown()
            let isOurs = error.code == .internalFault || error.code == .workerTimeout
            throw CommandError(isOurs ? .unavailable : .data, error.description, hint: error.hint)
        }
    }

    private func read(_ path: String, _ field: String) throws(Reason) -> [UInt8] {
        do throws(CommandError) {
            return try PictureFiles.read(path, limit: configuration.limits.referenceBytes.bytes)
        } catch {
            throw Reason(.referenceUnreadable, error.message, field: field)
        }
    }

    private func worked<Result>(
        _ field: String, _ work: () async throws(WorkerError) -> Result
    ) async throws(Reason) -> Result {
        do throws(WorkerError) { return try await work() } catch { throw error.reason(field: field) }
    }

    private func show(_ route: Route, _ plan: CallPlan, _ sizes: [PixelSize], _ removed: [String]) {
        let spec = submission.spec
        let format = spec.output.format ?? configuration.output.format
        let output = configuration.canvas(of: spec.output, native: plan.expected)
        let price = plan.estimate * Int64(spec.count)
        if invocation.wantsJSON {
            Console.print(
                .fields([
                    "schema": "darkroom.dry-run/1", "route": .string(route.name),
                    "provider": .string(route.provider.rawValue), "model": .string(route.deployment),
                    "fallback": .text(route.fallback),
                    "model_size": .string(plan.expected.description), "outputs": .integer(spec.count),
                    "output_size": .string(output.description), "format": .string(format.rawValue),
                    "references": .array(sizes.map { .string($0.description) }),
                    "mask": spec.hasMask ? .text(sizes.first?.description) : nil,
                    "removed": .array(removed.map { .string($0) }), "estimate_micro_usd": .integer(price),
                ]))
            return
        }
        Console.print(
            Console.table([
                ["route", "\(route.name) (\(route.provider.rawValue), \(route.deployment))"],
                ["fallback", route.fallback ?? "none"],
                ["model draws", "\(plan.expected), \(spec.count) time\(spec.count == 1 ? "" : "s")"],
                ["output", "about \(output), \(format.rawValue)"],
                ["references", sizes.isEmpty ? "none" : sizes.map(\.description).joined(separator: ", ")],
                ["mask", spec.hasMask ? sizes.first?.description ?? "none" : "none"],
                ["removed", removed.isEmpty ? "nothing to remove" : removed.joined(separator: ", ")],
                ["estimate", "$" + Money.text(price)], ["sent", "nothing: this is a dry run"],
            ]))
    }
}

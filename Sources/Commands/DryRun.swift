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
            let (route, _) = try configuration.examine(submission.spec)
            for (index, file) in submission.files.enumerated() {
                let limits = configuration.limits
                let bytes: [UInt8]
                do throws(CommandError) {
                    bytes = try PictureFiles.read(file.path, limit: limits.referenceBytes.bytes)
                } catch {
                    throw Reason(.referenceUnreadable, error.message, field: "references[\(index)]")
                }
                removed.formUnion((try? inspect(bytes))?.kinds ?? [])
                let order = NormalizeOrder(
                    maxEdge: route.capability.referenceEdge,
                    maxBytes: route.capability.referenceBytes(each: submission.files.count),
                    limits: configuration.pictureLimits)
                do throws(WorkerError) {
                    sizes.append(try await workers.normalize(bytes, as: order).size)
                } catch {
                    throw error.reason(field: "references[\(index)]")
                }
            }
            let (chosen, plan) = try configuration.examine(submission.spec, references: sizes)
            await workers.shutDown()
            show(chosen, plan, sizes, removed.map(\.rawValue).sorted())
            return ExitCode.fine.rawValue
        } catch {
            await workers.shutDown()
            throw CommandError(.data, error.description, hint: error.hint)
        }
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
                ["removed", removed.isEmpty ? "nothing to remove" : removed.joined(separator: ", ")],
                ["estimate", "$" + Money.text(price)], ["sent", "nothing: this is a dry run"],
            ]))
    }
}

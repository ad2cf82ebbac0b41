package import Domain
package import Imaging
import Inspection

/// Works on pictures in processes of their own, so that a decoder's fault costs one job and nothing else.
///
/// Workers are started when first needed and replaced when they die, are late or have done many jobs. Waiting callers are
/// served in the order they came; a caller that is cancelled gets `WorkerError.stopped`, at once while it waits and by
/// killing its worker while it is served. Nothing here blocks the cooperative threads.
///
/// A worker's time is its processor time, all threads together, as the kernel counts it: a busy machine makes no job late. The
/// wall clock ends a worker only after 20 times as long without progress. A picture whose worker was ended for its time is
/// tried once more, in a fresh worker; after that the caller gets `WorkerError.timedOut`.
///
/// A worker locks itself before its first word. Where a part of the lock is missing no picture is opened: every call gets
/// `WorkerError.refusedToStart`, for good, and no further worker is started.
package final class WorkerPool: Sendable {
    /// Most worker processes; what one picture alone may use of the processors, where nobody says more.
    package let count: Int
    /// Workers that have libvips.
    private let full: Bench
    /// Workers without libvips, which are tried first; nil where every worker will be kept for long.
    private let light: Bench?

    /// A pool of at most `count` processes (1 to 64) of `executable arguments`, which must call `serveAsWorker()`.
    /// `timeout` is the processor time of each job. `sandbox` is what every worker must reach. After `jobsOfALife` jobs
    /// a worker is replaced. `repeating` is called each time that a picture is tried once more, with the reason.
    ///
    /// Starting libvips costs more than many a job: with `triesLightFirst` a job goes to a worker without it, and to one with
    /// it (at most `count` more processes) only when it must. That pays for few jobs.
    package init(
        executable: String, arguments: [String] = ["worker"], count: Int, timeout: Duration,
        sandbox: SandboxLevel = .required, triesLightFirst: Bool = false, keepErrorOutput: Bool = false,
        jobsOfALife: Int = 200, repeating: @escaping @Sendable (Lateness) -> Void = { _ in }
    ) {
        let count = min(max(count, 1), 64)
        self.count = count
        func bench(_ equipment: Equipment) -> Bench {
            let recipe = Child.Recipe(
                executable: executable, arguments: arguments, keepErrorOutput: keepErrorOutput, sandbox: sandbox,
                equipment: equipment)
            return Bench(
                recipe: recipe, count: count, time: TimeLimit(processor: timeout), jobsOfALife: max(1, jobsOfALife),
                repeating: repeating)
        }
        full = bench(.full)
        light = triesLightFirst ? bench(.light) : nil
    }

    deinit { stop() }

    /// Makes a reference picture clean; see `NormalizeOrder`.
    package func normalize(
        _ input: [UInt8], as order: NormalizeOrder
    ) async throws(WorkerError) -> NormalizedPicture {
        try check(input, order.limits)
        return try await perform(.normalize(order), inputs: [input]).normalized(for: order)
    }

    /// Makes a mask fit for the reference that it belongs to; see `MaskOrder`.
    package func mask(_ input: [UInt8], as order: MaskOrder) async throws(WorkerError) -> [UInt8] {
        try check(input, order.limits)
        return try await perform(.mask(order), inputs: [input]).masked(for: order)
    }

    /// Makes an output from a model's picture; see `RenderOrder`. It gets all the threads of the order while it is alone, and
    /// its share of them where other pictures are worked on or wait.
    package func render(_ input: [UInt8], as order: RenderOrder) async throws(WorkerError) -> RenderedPicture {
        try check(input, order.limits)
        guard order.size.isPossible else { throw .failed(detail: "an output can not be of size \(order.size)") }
        return try await perform(.render(order), inputs: [input]).rendered(for: order)
    }

    /// Paints a picture and gives it as PNG. Of `references` the first 16 are used; with a mask, which needs a reference, the
    /// first 15, and only where it is transparent is anything painted.
    package func paint(
        _ order: PaintOrder, references: [[UInt8]], mask: [UInt8]? = nil
    ) async throws(WorkerError) -> [UInt8] {
        let limits = PictureLimits()
        guard order.size.width > 0, order.size.height > 0, order.size.longEdge <= limits.edge,
            order.size.pixels <= limits.pixels
        else { throw .failed(detail: "a picture of \(order.size) can not be painted") }
        let masks = references.isEmpty ? [] : mask.map { [$0] } ?? []
        let inputs = Array(references.prefix(Request.mostInputs - masks.count)) + masks
        for input in inputs { try check(input, limits) }
        var order = order
        order.hasMask = !masks.isEmpty
        return try await perform(.paint(order), inputs: inputs).painted()
    }

    /// A picture small and as plain pixels, for people to look at; see `ThumbnailOrder`.
    package func thumbnail(_ input: [UInt8], as order: ThumbnailOrder) async throws(WorkerError) -> Pixels {
        try check(input, order.limits)
        return try await perform(.thumbnail(order), inputs: [input]).thumbnail(for: order)
    }

    /// Returns when a worker is or was ready, and throws why none can be had. Ask before paying for something that only a
    /// worker can finish; costs nothing once a worker was there, until one can no longer be started.
    package func makeSure() async throws(WorkerError) {
        guard !isReady else { return }
        _ = try await perform(nil, inputs: [])
    }

    /// Whether a worker was ready, and none is missing now that could not be started.
    package var isReady: Bool { starts > 0 && (trouble == nil || !processes.isEmpty) }

    /// Workers that were ready until now, replaced ones among them.
    package var starts: Int { full.starts + (light?.starts ?? 0) }

    /// Why the last worker could not be started; nil where one could, or none was needed yet.
    package var trouble: WorkerError? { full.trouble ?? light?.trouble }

    /// Process numbers of the workers that run now, for the status.
    package var processes: [Int32] { full.processes + (light?.processes ?? []) }

    /// Workers that have a picture, and since when, milliseconds of a clock that never jumps.
    package var busy: [(process: Int32, since: Int64)] { full.busy + (light?.busy ?? []) }

    /// Stops every job with `WorkerError.stopped`, and later ones too.
    package func stop() {
        full.stop()
        light?.stop()
    }

    /// Stops as `stop` does, ends all workers and waits until they are gone.
    package func shutDown() async {
        stop()
        await full.untilGone()
        await light?.untilGone()
    }

    private func perform(_ request: Request?, inputs: [[UInt8]]) async throws(WorkerError) -> Answer {
        if let light, request?.mayDoWithoutLibrary(inputs) ?? true {
            do throws(WorkerError) {
                return try await light.perform(request, inputs: inputs)
            } catch {
                guard error == .needsLibrary else { throw error }
            }
        }
        do throws(WorkerError) {
            return try await full.perform(request, inputs: inputs)
        } catch {
            throw error == .needsLibrary ? .badAnswer(detail: "it does without what it has") : error
        }
    }

    /// Refuses without a worker what needs none to be refused.
    private func check(_ input: [UInt8], _ limits: PictureLimits) throws(WorkerError) {
        guard input.count <= limits.bytes else {
            throw .tooLarge(limit: ImagingLimit.bytes.rawValue, limitValue: limits.bytes, value: input.count)
        }
        guard let container = identify(input), container != .jxl else { throw .unsupportedContent }
        guard limits.accepted.contains(container) else { throw .switchedOff(container) }
    }
}

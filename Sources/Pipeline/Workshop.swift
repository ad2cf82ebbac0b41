package import Domain
package import Journal
package import Ledger
package import Outcomes
import Providers
package import Settings
package import Spool
package import Transport
package import Vault
package import Workers

/// Everything that the steps of a job work with.
package final class Workshop: Sendable {
    package let configuration: Configuration
    package let ledger: any JobLedger
    package let blobs: any BlobStore
    package let spool: SpoolFolders
    package let workers: WorkerPool
    package let client: HTTPClient
    package let settler: Settler
    package let history: History
    package let recorder: Recorder
    package let stopping: StopFlag
    package let routes: LiveRoutes
    /// When this run started, by the age clock, if the run before it ended by a fault of its own.
    let crashedBefore: Timestamp?
    let lanes: [String: Lane]
    let reserve: DiskReserve
    /// Told of each job that was answered, the route that did it and the size that was asked for.
    let counter: Counter?
    package typealias Counter = @Sendable (JobRecord, JobSpec, Route, PixelSize) async -> Void
    /// How many jobs hold pictures in memory at once.
    private let bench: Turnstile
    /// Bytes that the pictures in the workers may take together (`workers.memory`).
    private let memory: Turnstile

    package init(
        configuration: Configuration, ledger: any JobLedger, blobs: any BlobStore, spool: SpoolFolders,
        workers: WorkerPool, workerCount: Int, client: HTTPClient, settler: Settler, history: History,
        recorder: Recorder,
        routes: LiveRoutes, reserve: DiskReserve, stopping: StopFlag, crashedBefore: Timestamp? = nil,
        counter: Counter? = nil
    ) {
        self.configuration = configuration
        self.ledger = ledger
        self.blobs = blobs
        self.spool = spool
        self.workers = workers
        self.client = client
        self.settler = settler
        self.history = history
        self.recorder = recorder
        self.routes = routes
        self.crashedBefore = crashedBefore
        self.lanes = configuration.routes.mapValues { Lane($0, stopping: stopping) }
        self.reserve = reserve
        self.stopping = stopping
        self.counter = counter
        self.bench = Turnstile(width: workerCount + 1)
        self.memory = Turnstile(width: configuration.workers.memory.bytes)
    }

    /// What is asked of `route` for a job, checked before anything is spent: whether the model can do it, and whether this machine
    /// can make the output of it.
    func plan(_ spec: JobSpec, on route: Route, references: [PixelSize]) throws(Reason) -> CallPlan {
        let plan = try CallPlan(spec, on: route, references: references)
        let native = plan.expected
        let need = MemoryEstimate.rendering(
            native: native, bytes: native.pixels * 4, canvas: configuration.canvas(of: spec.output, native: native),
            as: spec.output.format ?? configuration.output.format)
        let memory = configuration.workers.memory
        guard need > memory.bytes else { return plan }
        throw Reason(
            .unsupportedParameter,
            "an output of \(configuration.canvas(of: spec.output, native: native)) takes more memory than workers.memory allows",
            field: "output.size", limit: memory.description, value: ByteCount(need).description,
            hint: "ask for a smaller output or another format, or raise workers.memory")
    }

    /// Runs a step that holds a picture in memory, when it is its turn.
    func withPlace<Result>(_ work: () async throws -> Result) async throws -> Result {
        guard await bench.enter() else { throw StepEnd.stopping }
        defer { bench.leave() }
        return try await work()
    }

    /// Has an image worker do something that takes about so many bytes, when there is room for them.
    func withWorker<Result>(
        taking bytes: Int, _ work: (WorkerPool) async throws(WorkerError) -> Result
    ) async throws(WorkerError) -> Result {
        guard await memory.enter(bytes) else { throw .stopped }
        defer { memory.leave(bytes) }
        return try await withWorker(work)
    }

    /// Has an image worker do something, once more where the first one died under it.
    ///
    /// A worker that was killed from outside (memory, an operator) says nothing about the picture; two in a row do.
    private func withWorker<Result>(
        _ work: (WorkerPool) async throws(WorkerError) -> Result
    ) async throws(WorkerError) -> Result {
        do throws(WorkerError) {
            return try await work(workers)
        } catch {
            switch error {
            case .crashed, .exited: break
            default: throw error
            }
            recorder.log.warning("an image worker died; its picture is tried once more", ["why": error.description])
            return try await work(workers)
        }
    }

    /// No new step is begun: whoever waits for a place is turned away.
    package func stop() {
        stopping.set()
        bench.close()
        memory.close()
        for lane in lanes.values { lane.close() }
    }
}

/// Why a step ended before its end.
enum StepEnd: Error {
    /// The daemon stops; the job goes back as it is.
    case stopping
    /// The job cannot go on, for good.
    case refused(Reason)
    /// The job can go on later.
    case hindered(Reason, Span)
    case ledger(LedgerError)
    case vault(VaultError)
}

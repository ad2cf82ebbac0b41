import CLinuxShim
import Disk
import Dispatch
import Synchronization

/// The queue of a pool and the threads that serve it. Each thread owns one worker process for as long as it lives.
final class Bench: Sendable {
    typealias Outcome = Result<Answer, WorkerError>

    /// A job and the caller that waits for it.
    struct Ticket: Sendable {
        let id: Int
        /// Nil asks for a worker that is ready, and nothing more.
        let request: Request?
        let inputs: [[UInt8]]
        let caller: CheckedContinuation<Outcome, Never>

        /// The job with its share of the threads that it may use, where `others` are worked on or wait.
        func sharing(with others: Int) -> Ticket {
            Ticket(id: id, request: request?.sharing(with: others), inputs: inputs, caller: caller)
        }
    }

    private struct State {
        var lastID = 0
        var waiting: [Ticket] = []
        /// Jobs whose callers were cancelled before or while they were served.
        var withdrawn: Set<Int> = []
        /// Wake descriptor of the thread that serves a job.
        var serving: [Int: Int32] = [:]
        /// Since when, milliseconds of a clock that never jumps.
        var servedSince: [Int: Int64] = [:]
        var processes: [Int: Int32] = [:]
        /// Why no worker of this pool can ever be had; then none is started again.
        var refusal: WorkerError?
        /// Workers that were ready.
        var starts = 0
        /// Why the last start gave no worker; nil where it gave one.
        var trouble: WorkerError?
        var threads = 0
        var idle = 0
        var stopping = false
        var untilGone: [CheckedContinuation<Void, Never>] = []
    }

    let recipe: Child.Recipe
    let time: TimeLimit
    /// A worker is replaced after so many jobs, so that nothing a library leaks can grow for ever.
    let jobsOfALife: Int
    /// Called before a job whose worker was ended for its time is given to a fresh one.
    let repeating: @Sendable (Lateness) -> Void
    private let count: Int
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)

    init(
        recipe: Child.Recipe, count: Int, time: TimeLimit, jobsOfALife: Int,
        repeating: @escaping @Sendable (Lateness) -> Void = { _ in }
    ) {
        self.recipe = recipe
        self.count = count
        self.time = time
        self.jobsOfALife = jobsOfALife
        self.repeating = repeating
    }

    var processes: [Int32] { state.withLock { Array($0.processes.values).sorted() } }

    /// Processes that work on a picture, and since when.
    var busy: [(process: Int32, since: Int64)] {
        state.withLock { state in
            state.serving.compactMap { id, descriptor in
                guard let process = state.processes[Int(descriptor)], let since = state.servedSince[id] else {
                    return nil
                }
                return (process, since)
            }
        }
    }

    // MARK: Callers

    /// How many workers there were until now.
    var starts: Int { state.withLock { $0.starts } }

    /// Why the last start gave no worker; nil where it gave one.
    var trouble: WorkerError? { state.withLock { $0.trouble } }

    /// Waits in the queue and for the worker.
    func perform(_ request: Request?, inputs: [[UInt8]]) async throws(WorkerError) -> Answer {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { caller in
                enqueue(Ticket(id: id, request: request, inputs: inputs, caller: caller))
            }
        } onCancel: {
            withdraw(id)
        }
        state.withLock { _ = $0.withdrawn.remove(id) }
        return try outcome.get()
    }

    private func enqueue(_ ticket: Ticket) {
        enum Step { case refuse(WorkerError), wait, hire(Int) }
        let step: Step = state.withLock { state in
            if state.stopping || state.withdrawn.contains(ticket.id) { return .refuse(.stopped) }
            if let refusal = state.refusal { return .refuse(refusal) }
            state.waiting.append(ticket)
            guard state.waiting.count > state.idle, state.threads < count else { return .wait }
            state.threads += 1
            return .hire(state.threads)
        }
        switch step {
        case .refuse(let error): ticket.caller.resume(returning: .failure(error))
        case .wait: work.signal()
        case .hire:
            work.signal()
            if !BenchThread.start(for: self) { threadFailed() }
        }
    }

    private func withdraw(_ id: Int) {
        let ticket: Ticket? = state.withLock { state in
            if let index = state.waiting.firstIndex(where: { $0.id == id }) { return state.waiting.remove(at: index) }
            state.withdrawn.insert(id)
            // Waking inside the lock, for the descriptor is closed only after its entry was taken out.
            if let descriptor = state.serving[id] { lx_wake(descriptor) }
            return nil
        }
        ticket?.caller.resume(returning: .failure(.stopped))
    }

    // MARK: Threads

    /// The next job, first come first served; nil when the thread has to end. Blocks.
    func next(waking descriptor: Int32) -> Ticket? {
        state.withLock { $0.idle += 1 }
        defer { state.withLock { $0.idle -= 1 } }
        while true {
            work.wait()
            let found: (ticket: Ticket?, stop: Bool) = state.withLock { state in
                if state.stopping { return (nil, true) }
                guard !state.waiting.isEmpty else { return (nil, false) }
                let ticket = state.waiting.removeFirst()
                state.serving[ticket.id] = descriptor
                state.servedSince[ticket.id] = Monotonic.milliseconds()
                return (ticket.sharing(with: state.serving.count - 1 + state.waiting.count), false)
            }
            if found.stop { return nil }
            // A withdrawn job leaves its signal behind.
            if let ticket = found.ticket { return ticket }
        }
    }

    /// Gives a job back to its caller.
    func settle(_ ticket: Ticket, _ outcome: Outcome) {
        state.withLock { state in
            state.serving[ticket.id] = nil
            state.servedSince[ticket.id] = nil
        }
        ticket.caller.resume(returning: outcome)
    }

    /// Whether nobody waits for a job any more.
    func isUnwanted(_ id: Int) -> Bool {
        state.withLock { $0.stopping || $0.withdrawn.contains(id) }
    }

    /// Notes the process of a thread; nil when it has none.
    func note(process: Int32?, of thread: Int) {
        state.withLock { $0.processes[thread] = process }
    }

    /// Notes that a worker is ready.
    func noteStart() {
        state.withLock { state in
            state.starts += 1
            state.trouble = nil
        }
    }

    /// Notes that a worker could not be started; a caller that left is no trouble.
    func noteTrouble(_ error: WorkerError) {
        guard error != .stopped else { return }
        state.withLock { $0.trouble = error }
    }

    /// No worker can be had for good: everyone who waits is told, and nobody waits again.
    func refuse(_ error: WorkerError) {
        let waiting: [Ticket] = state.withLock { state in
            state.refusal = error
            defer { state.waiting = [] }
            return state.waiting
        }
        for ticket in waiting { ticket.caller.resume(returning: .failure(error)) }
    }

    func threadEnded() {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            defer { state.untilGone = [] }
            return state.untilGone
        }
        for one in waiting { one.resume() }
    }

    /// Without a single thread nobody would ever serve the queue.
    private func threadFailed() {
        let error = WorkerError.noResources(detail: "no thread for a worker")
        noteTrouble(error)
        let stranded: [Ticket] = state.withLock { state in
            guard state.threads == 1 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        threadEnded()
        for ticket in stranded {
            ticket.caller.resume(returning: .failure(error))
        }
    }

    // MARK: End

    func stop() {
        let (tickets, threads): ([Ticket], Int) = state.withLock { state in
            state.stopping = true
            for descriptor in state.serving.values { lx_wake(descriptor) }
            defer { state.waiting = [] }
            return (state.waiting, state.threads)
        }
        for ticket in tickets { ticket.caller.resume(returning: .failure(.stopped)) }
        for _ in 0..<threads { work.signal() }
    }

    func untilGone() async {
        await withCheckedContinuation { caller in
            let gone = state.withLock { state in
                if state.threads > 0 { state.untilGone.append(caller) }
                return state.threads == 0
            }
            if gone { caller.resume() }
        }
    }
}

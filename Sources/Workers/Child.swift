import CLinuxShim
import Disk
import Domain
import Glibc

/// A running worker process with one owner; killed and waited for when the value ends.
///
/// It must be made, used and ended on one thread that lives as long: the kernel ends the process with the thread that
/// started it (`PR_SET_PDEATHSIG`).
struct Child: ~Copyable {
    /// How a worker is started.
    struct Recipe: Sendable {
        let executable: String
        let arguments: [String]
        let keepErrorOutput: Bool
        let sandbox: SandboxLevel
        let equipment: Equipment
    }

    /// How a wait for the worker ended.
    private enum News {
        case message(Record)
        case ended(signal: Int32, code: Int32)
        /// The worker ended and had never taken what was sent last.
        case nobodyThere
        case late(Lateness)
        case stopped
        case nonsense
    }

    /// The environment variable that names the process a worker must belong to.
    static let parentVariable = "DARKROOM_WORKER_PARENT"
    /// A start takes half a second of processor time at most; a slow disk under the libraries takes none.
    private static let startLimit = TimeLimit(processor: .seconds(15))

    let process: Int32
    private let socket: Descriptor
    private let processDescriptor: Descriptor

    deinit {
        var signal: Int32 = 0
        var code: Int32 = 0
        _ = lx_kill(processDescriptor.number)
        _ = unsafe lx_reap(processDescriptor.number, &signal, &code)
    }

    private init(process: Int32, socket: consuming Descriptor, processDescriptor: consuming Descriptor) {
        self.process = process
        self.socket = socket
        self.processDescriptor = processDescriptor
    }

    /// Starts a worker and waits for its first word; `spawned` hears its process number before that.
    static func started(
        by recipe: Recipe, stop: StopSign, spawned: (Int32) -> Void
    ) throws(WorkerError) -> Child {
        var ends: [Int32] = [-1, -1]
        let paired = unsafe lx_socket_pair(&ends)
        guard paired == 0 else { throw .noResources(detail: "socket, error \(-paired)") }
        let ours = Descriptor(adopting: ends[0])
        let theirs = Descriptor(adopting: ends[1])
        var process: Int32 = 0
        let failed = recipe.spawn(socket: theirs.number, process: &process)
        _ = consume theirs
        guard failed == 0 else { throw Self.refused("error \(-failed)") }
        // The child is ours and not waited for, so its number can not have become another's.
        let number = lx_process_descriptor(process)
        if number < 0 { lx_end(process) }
        let processDescriptor = try Descriptor(number, for: "process descriptor")
        let child = Child(process: process, socket: ours, processDescriptor: processDescriptor)
        spawned(process)
        try child.awaitReady(stop)
        return child
    }

    private borrowing func awaitReady(_ stop: StopSign) throws(WorkerError) {
        switch news(within: Self.startLimit, stop) {
        case .message(let record) where record.kind == Reply.ready && record.id == 0: return
        case .message, .nonsense: throw Self.refused("it is not a Darkroom worker")
        case .ended(let signal, 0) where signal != 0: throw Self.refused("it died of signal \(signal)")
        case .nobodyThere: throw Self.refused("it ended at once")
        case .ended(_, let code): throw WorkerExit.refusal(for: code)
        case .late(let how): throw Self.refused("no word from it, and \(how)")
        case .stopped: throw .stopped
        }
    }

    private static func refused(_ detail: String) -> WorkerError { .refusedToStart(detail: detail, isForGood: false) }

    /// Whether the process has ended while nobody was looking.
    var hasEnded: Bool {
        lx_wait(-1, processDescriptor.number, -1, 0) != 0
    }

    /// Hands one job over and waits for its answer; nil when the worker had ended before it could take the job.
    /// After that, or an error that `leavesWorkerHealthy` denies, end this value.
    borrowing func carryOut(
        _ request: Request, inputs: [[UInt8]], id: Int, within limit: TimeLimit, stop: StopSign
    ) throws(WorkerError) -> Answer? {
        let output = try Descriptor(lx_memory_file(), for: "memory file")
        let most = JobLimits(request, inputBytes: inputs.reduce(0) { $0 + $1.count }, time: limit)
        let limited = most.apply(to: process)
        guard limited == 0 || hasEnded else { throw .noResources(detail: "limits, error \(-limited)") }
        guard try send(request, inputs: inputs, id: id, output: output) else { return nil }
        let record: Record
        switch news(within: limit, stop) {
        case .message(let told): record = told
        case .nobodyThere: return nil
        case .ended(SIGXCPU, _): throw .timedOut(.processorTime(limit.processor))
        case .ended(let signal, _) where signal != 0: throw .crashed(signal: signal)
        case .ended(_, let code): throw .exited(code: code)
        case .late(let how): throw .timedOut(how)
        case .stopped: throw .stopped
        case .nonsense: throw .badAnswer(detail: "not a record")
        }
        guard record.id == id else { throw .badAnswer(detail: "for another job") }
        if let error = Reply.error(in: record) { throw error }
        guard (1...request.mostBytes).contains(record.count) else { throw .badAnswer(detail: "too many bytes") }
        return Answer(facts: (0..<12).map(record.fact), bytes: try output.contents(length: record.count))
    }

    /// False when nobody is there to take it.
    private borrowing func send(
        _ request: Request, inputs: [[UInt8]], id: Int, output: borrowing Descriptor
    ) throws(WorkerError) -> Bool {
        var descriptors = [output.number]
        defer { for descriptor in descriptors.dropFirst() { lx_close(descriptor) } }
        for input in inputs {
            descriptors.append(try Descriptor.sealed(holding: input).surrender())
        }
        let bytes = request.record(id: id, lengths: inputs.map(\.count)).bytes
        let failed = unsafe lx_send(socket.number, bytes, bytes.count, descriptors, Int32(descriptors.count))
        if failed == -EPIPE || failed == -ECONNRESET { return false }
        guard failed == 0 else { throw .noResources(detail: "message, error \(-failed)") }
        return true
    }

    /// Waits for the first of: a message, the end of the process, the end of its time, the stop sign.
    private borrowing func news(within limit: TimeLimit, _ stop: StopSign) -> News {
        let began = SuspendingClock.now
        var used = processorTime ?? .zero
        var watch = TimeWatch(limit, used: used, at: .zero)
        let pause = Int32(limit.lookEvery / .milliseconds(1))
        var listening = socket.number
        while true {
            if stop.isRaised() { return .stopped }
            let found = lx_wait(listening, processDescriptor.number, stop.descriptor, pause)
            if found < 0, found != -EINTR { return .nonsense }
            if found > 0, found & LX_WOKEN != 0 { lx_settle_wake(stop.descriptor) }
            if found > 0, found & LX_SOCKET_READY != 0 {
                if let said = message() { return said }
                // A process that ends closes its socket first. One that only closes it has its time like any other.
                listening = -1
            }
            if found > 0, found & LX_CHILD_ENDED != 0 { return end(of: processDescriptor) }
            // Only after the rest: an answer that waits came in time.
            used = processorTime ?? used
            if let how = watch.lateness(used: used, at: began.duration(to: .now)) { return .late(how) }
        }
    }

    /// What all threads of the process have used, as the kernel counts it: a worker that was taken over cannot lie about it.
    private var processorTime: Duration? {
        var nanoseconds: Int64 = 0
        return unsafe lx_processor_time(process, &nanoseconds) == 0 ? .nanoseconds(nanoseconds) : nil
    }

    /// The message that waits, nil when the socket only tells that the other end is gone.
    private borrowing func message() -> News? {
        var bytes = [UInt8](repeating: 0, count: Record.byteCount)
        var count: Int32 = 0
        let length = unsafe lx_receive(socket.number, &bytes, bytes.count, nil, 0, &count)
        // The kernel says "reset" only when the other end was closed with our message unread.
        if length == -Int(ECONNRESET) { return .nobodyThere }
        if length == 0 { return nil }
        guard length == Record.byteCount, let record = Record(bytes) else { return .nonsense }
        return .message(record)
    }

    private borrowing func end(of process: borrowing Descriptor) -> News {
        var signal: Int32 = 0
        var code: Int32 = 0
        guard unsafe lx_reap(process.number, &signal, &code) == 0 else { return .nonsense }
        return .ended(signal: signal, code: code)
    }
}

extension WorkerError {
    /// Whether the worker that gave this error can take another job.
    var leavesWorkerHealthy: Bool {
        switch self {
        case .unsupportedContent, .switchedOff, .unreadable, .tooLarge, .otherSize, .failed, .needsLibrary: true
        default: false
        }
    }
}

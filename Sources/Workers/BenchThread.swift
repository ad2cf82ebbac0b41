import CLinuxShim
import Disk

/// One thread of a pool. It starts its worker process, for the kernel ends a worker together with the thread that
/// started it, and it waits for the worker's answers, for waiting must not cost a cooperative thread.
final class BenchThread {
    private let bench: Bench
    private let wake: Descriptor
    private var jobs = 0

    private init(bench: Bench, wake: consuming Descriptor) {
        self.bench = bench
        self.wake = wake
    }

    /// Starts a thread that serves `bench` until it stops; false when there is none to be had.
    static func start(for bench: Bench) -> Bool {
        guard let wake = try? Descriptor(lx_wake_descriptor(), for: "wake-up") else { return false }
        let context = unsafe Unmanaged.passRetained(BenchThread(bench: bench, wake: wake)).toOpaque()
        guard unsafe lx_start_thread(runBenchThread, context) == 0 else {
            unsafe Unmanaged<BenchThread>.fromOpaque(context).release()
            return false
        }
        return true
    }

    fileprivate func run() {
        // The child lives in this frame, and so ends before its thread does.
        var child: Child?
        while let ticket = bench.next(waking: wake.number) {
            let outcome = serve(ticket, with: &child)
            bench.note(process: child?.process, of: Int(wake.number))
            bench.settle(ticket, outcome)
        }
        child = nil
        bench.note(process: nil, of: Int(wake.number))
    }

    fileprivate func ended() { bench.threadEnded() }

    private func serve(_ ticket: Bench.Ticket, with child: inout Child?) -> Bench.Outcome {
        let bench = bench
        let stop = StopSign(descriptor: wake.number) { bench.isUnwanted(ticket.id) }
        // A worker may end between two jobs, at any moment; a job it never took goes to its successor.
        var untaken = 0
        var isSecondTry = false
        do throws(WorkerError) {
            while untaken < 2 {
                let ready = try readyChild(child.take(), stop)
                guard let request = ticket.request else {
                    child = consume ready
                    return .success(Answer(facts: [], bytes: []))
                }
                guard let outcome = ready.outcome(of: ticket, request, within: bench.time, stop: stop) else {
                    untaken += 1
                    continue
                }
                if case .failure(.timedOut(let how)) = outcome, !isSecondTry {
                    isSecondTry = true
                    bench.repeating(how)
                    continue
                }
                if outcome.leavesWorkerHealthy { child = consume ready }
                return outcome
            }
            let refusal = WorkerError.refusedToStart(detail: "workers end before they take a job", isForGood: false)
            bench.noteTrouble(refusal)
            return .failure(refusal)
        } catch {
            if case .refusedToStart(_, isForGood: true) = error { bench.refuse(error) }
            return .failure(error)
        }
    }

    /// The worker there is, or a new one when it has ended or done enough.
    private func readyChild(_ child: consuming Child?, _ stop: StopSign) throws(WorkerError) -> Child {
        jobs += 1
        if let child = child.take(), jobs <= bench.jobsOfALife, !child.hasEnded { return child }
        jobs = 1
        do throws(WorkerError) {
            let started = try Child.started(by: bench.recipe, stop: stop) { process in
                bench.note(process: process, of: Int(wake.number))
            }
            bench.noteStart()
            return started
        } catch {
            bench.noteTrouble(error)
            throw error
        }
    }
}

extension Child {
    fileprivate borrowing func outcome(
        of ticket: Bench.Ticket, _ request: Request, within limit: TimeLimit, stop: StopSign
    ) -> Bench.Outcome? {
        do throws(WorkerError) {
            let answer = try carryOut(
                request, inputs: ticket.inputs, id: ticket.id, within: limit, stop: stop)
            return answer.map { .success($0) }
        } catch {
            return .failure(error)
        }
    }
}

extension Bench.Outcome {
    fileprivate var leavesWorkerHealthy: Bool {
        switch self {
        case .success: true
        case .failure(let error): error.leavesWorkerHealthy
        }
    }
}

private func runBenchThread(_ context: UnsafeMutableRawPointer) {
    let thread = unsafe Unmanaged<BenchThread>.fromOpaque(context).takeRetainedValue()
    thread.run()
    thread.ended()
}

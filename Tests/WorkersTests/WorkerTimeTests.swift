import Domain
import Foundation
import Imaging
import Support
import Synchronization
import Testing
import Workers

/// A worker is judged by its processor time; the wall clock ends it only where it stands still.
@Suite struct WorkerTimeTests {
    /// What a pool says each time that it tries a picture once more.
    private final class Repeats: Sendable {
        private let said = Mutex<[Lateness]>([])
        var all: [Lateness] { said.withLock { $0 } }
        func add(_ how: Lateness) { said.withLock { $0.append(how) } }
    }

    private let repeats = Repeats()

    private func pool(_ count: Int = 1, timeout: Duration) -> WorkerPool {
        WorkerPool(
            executable: Program.besideTests("WorkerHost"), count: count, timeout: timeout, keepErrorOutput: true,
            repeating: repeats.add)
    }

    private let small = PaintOrder(seed: [1, 2, 3], size: PixelSize(width: 96, height: 64))
    /// Takes seconds of processor time.
    private let long = PaintOrder(seed: [4], size: PixelSize(width: 7000, height: 7000))

    @Test func `a picture is made however long its worker has to wait for a processor`() async throws {
        let timeout = Duration.seconds(1)
        let pool = pool(timeout: timeout)
        try await pool.makeSure()
        let worker = try #require(pool.processes.first)
        kill(worker, SIGSTOP)
        let painting = Task { [small] in try await pool.paint(small, references: []) }
        #expect(await Program.waitUntilServed(by: pool) == worker)
        // What is shown is that this time does not count, so it has to pass.
        try await Task.sleep(for: timeout * 2)
        kill(worker, SIGCONT)
        #expect(try await painting.value.isEmpty == false)
        #expect(pool.processes == [worker] && repeats.all.isEmpty)
        await pool.shutDown()
    }

    @Test func `a picture that takes too much is tried in two workers, and the next one is made`() async throws {
        let limit = Duration.milliseconds(300)
        let pool = pool(timeout: limit)
        await #expect(throws: WorkerError.timedOut(.processorTime(limit))) {
            try await pool.paint(long, references: [])
        }
        #expect(pool.starts == 2 && repeats.all == [.processorTime(limit)])
        #expect(try await pool.paint(small, references: []).isEmpty == false)
        #expect(pool.starts == 3)
        await pool.shutDown()
    }

    @Test func `a worker that is stopped for good is ended, and its picture is made by a fresh one`() async throws {
        let limit = Duration.milliseconds(200)
        let pool = pool(timeout: limit)
        try await pool.makeSure()
        let worker = try #require(pool.processes.first)
        kill(worker, SIGSTOP)
        let stopped = Task { [small] in try await pool.paint(small, references: []) }
        #expect(await Program.waitUntilServed(by: pool) == worker)
        let behind = Task { [small] in try await pool.paint(small, references: []) }
        #expect(try await stopped.value == behind.value)
        #expect(repeats.all == [.standstill(limit * 20)] && pool.starts == 2)
        #expect(kill(worker, 0) == -1 && errno == ESRCH)
        await pool.shutDown()
    }

    @Test func `a worker that stands still holds up no other`() async throws {
        let pool = pool(2, timeout: .seconds(60))
        try await pool.makeSure()
        let worker = try #require(pool.processes.first)
        kill(worker, SIGSTOP)
        let stopped = Task { [small] in try await pool.paint(small, references: []) }
        #expect(await Program.waitUntilServed(by: pool) == worker)
        for _ in 0..<3 { #expect(try await pool.paint(small, references: []).isEmpty == false) }
        stopped.cancel()
        await #expect(throws: WorkerError.stopped) { try await stopped.value }
        await pool.shutDown()
    }

    @Test func `a worker that can no longer be started is said, and that it can again`() async throws {
        let scratch = try Scratch("worker")
        let program = scratch.file("worker")
        try FileManager.default.createSymbolicLink(
            atPath: program, withDestinationPath: Program.besideTests("WorkerHost"))
        let pool = WorkerPool(
            executable: program, count: 1, timeout: .seconds(60), keepErrorOutput: true)
        #expect(!pool.isReady && pool.trouble == nil)
        try await pool.makeSure()
        #expect(pool.isReady)
        try FileManager.default.moveItem(atPath: program, toPath: program + ".away")
        let worker = try #require(pool.processes.first)
        kill(worker, SIGKILL)
        await Program.waitUntilGone(worker)
        let refusal = WorkerError.refusedToStart(detail: "error \(ENOENT)", isForGood: false)
        await #expect(throws: refusal) { try await pool.paint(small, references: []) }
        #expect(!pool.isReady && pool.trouble == refusal)
        await #expect(throws: refusal) { try await pool.makeSure() }
        try FileManager.default.moveItem(atPath: program + ".away", toPath: program)
        try await pool.makeSure()
        #expect(pool.isReady && pool.trouble == nil)
        await pool.shutDown()
    }
}

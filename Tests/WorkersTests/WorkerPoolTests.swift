import Domain
import Foundation
import Imaging
import Support
import Testing
import Workers

@Suite struct WorkerPoolTests {
    private func pool(_ count: Int = 1, timeout: Duration = .seconds(120)) -> WorkerPool {
        WorkerPool(executable: Program.besideTests("WorkerHost"), count: count, timeout: timeout, keepErrorOutput: true)
    }

    private let small = PaintOrder(seed: [1, 2, 3], size: PixelSize(width: 96, height: 64))
    /// Takes seconds, so that something can happen meanwhile.
    private let long = PaintOrder(seed: [4], size: PixelSize(width: 7000, height: 7000))

    @Test func `a picture is painted, made clean and brought to 4K by another process`() async throws {
        let pool = pool()
        #expect(pool.processes.isEmpty)
        let painted = try await pool.paint(small, references: [])
        let clean = try await pool.normalize(painted, as: NormalizeOrder(maxEdge: 48, maxBytes: 1_000_000))
        #expect(clean.size == PixelSize(width: 48, height: 32) && clean.format == .png)
        #expect(clean.sourceSize == small.size && clean.sourcePages == 1 && !clean.hadProfile && !clean.hadAlpha)
        let output = try await pool.render(
            clean.bytes, as: RenderOrder(size: .long(3840), fit: .inside, format: .jpeg, quality: 90))
        #expect(output.size == PixelSize(width: 3840, height: 2560) && output.native == clean.size)
        #expect(pool.processes.count == 1 && pool.processes.first != getpid())
        await pool.shutDown()
        #expect(pool.processes.isEmpty)
    }

    @Test func `references reach the painter`() async throws {
        let pool = pool()
        let reference = try await pool.paint(small, references: [])
        let with = try await pool.paint(small, references: [reference, reference, reference])
        #expect(with != reference)
        await pool.shutDown()
    }

    @Test func `a refused picture does not cost the worker`() async throws {
        let pool = pool()
        let painted = try await pool.paint(small, references: [])
        let worker = pool.processes
        let order = NormalizeOrder(maxEdge: 48, maxBytes: 1_000_000)
        await #expect(throws: WorkerError.unsupportedContent) { try await pool.normalize([], as: order) }
        await #expect(throws: WorkerError.unsupportedContent) {
            try await pool.normalize(Array("a text renamed to .jpg".utf8), as: order)
        }
        do throws(WorkerError) {
            _ = try await pool.normalize(Array(painted.prefix(painted.count / 2)), as: order)
            Issue.record("half a picture was taken")
        } catch {
            guard case .unreadable(let detail) = error else { throw error }
            #expect(!detail.isEmpty)
        }
        var strict = order
        strict.limits.pixels = 1000
        await #expect(throws: WorkerError.tooLarge(limit: "reference_pixels", limitValue: 1000, value: 96 * 64)) {
            try await pool.normalize(painted, as: strict)
        }
        strict.limits = PictureLimits(bytes: 10)
        await #expect(throws: WorkerError.tooLarge(limit: "reference_bytes", limitValue: 10, value: painted.count)) {
            try await pool.normalize(painted, as: strict)
        }
        #expect(pool.processes == worker)
        await pool.shutDown()
    }

    @Test func `a worker that dies costs its job and nothing else`() async throws {
        let pool = pool()
        _ = try await pool.paint(small, references: [])
        let victim = try #require(pool.processes.first)
        let doomed = Task { [long] in try await pool.paint(long, references: []) }
        try await Program.waitUntilBusy(victim)
        kill(victim, SIGKILL)
        await #expect(throws: WorkerError.crashed(signal: SIGKILL)) { try await doomed.value }
        #expect(try await pool.paint(small, references: []).isEmpty == false)
        #expect(pool.processes.first != victim)
        await pool.shutDown()
    }

    @Test func `a worker that dies idle is replaced before anybody notices`() async throws {
        let pool = pool()
        let first = try await pool.paint(small, references: [])
        let victim = try #require(pool.processes.first)
        kill(victim, SIGKILL)
        await Program.waitUntilGone(victim)
        #expect(try await pool.paint(small, references: []) == first)
        await pool.shutDown()
    }

    @Test func `forty jobs share two workers`() async throws {
        let pool = pool(2)
        let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<40 {
                group.addTask {
                    let order = PaintOrder(seed: [UInt8(index)], size: PixelSize(width: 32 + index, height: 20))
                    let painted = try await pool.paint(order, references: [])
                    let clean = try await pool.normalize(painted, as: NormalizeOrder(maxEdge: 512, maxBytes: 1_000_000))
                    return clean.size.width
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sizes.sorted() == Array(32..<72))
        #expect((1...2).contains(pool.processes.count))
        await pool.shutDown()
    }

    @Test func `a caller that is cancelled is stopped, waiting or served`() async throws {
        let pool = pool()
        _ = try await pool.paint(small, references: [])
        let worker = try #require(pool.processes.first)
        let served = Task { [long] () async throws(WorkerError) in try await pool.paint(long, references: []) }
        try await Program.waitUntilBusy(worker)
        let waiting = Task { [small] () async throws(WorkerError) in try await pool.paint(small, references: []) }
        waiting.cancel()
        await #expect(throws: WorkerError.stopped) { try await waiting.value }
        served.cancel()
        await #expect(throws: WorkerError.stopped) { try await served.value }
        #expect(try await pool.paint(small, references: []).isEmpty == false)
        await pool.shutDown()
    }

    @Test func `shutting down stops what runs, what waits and what comes later`() async throws {
        let pool = pool()
        _ = try await pool.paint(small, references: [])
        let worker = try #require(pool.processes.first)
        let served = Task { [long] in try await pool.paint(long, references: []) }
        try await Program.waitUntilBusy(worker)
        let waiting = Task { [small] in try await pool.paint(small, references: []) }
        await pool.shutDown()
        #expect(kill(worker, 0) == -1 && errno == ESRCH)
        await #expect(throws: WorkerError.stopped) { try await served.value }
        await #expect(throws: WorkerError.stopped) { try await waiting.value }
        await #expect(throws: WorkerError.stopped) { try await pool.paint(small, references: []) }
    }

    @Test(arguments: ["/bin/true", "/bin/cat", "/nonexistent/darkroom"])
    func `what is no worker is refused with a reason`(program: String) async throws {
        let pool = WorkerPool(executable: program, arguments: [], count: 1, timeout: .seconds(5))
        do throws(WorkerError) {
            _ = try await pool.paint(small, references: [])
            Issue.record("\(program) painted")
        } catch {
            guard case .refusedToStart(let detail, let isForGood) = error else { throw error }
            #expect(!detail.isEmpty && !isForGood)
        }
        await pool.shutDown()
    }

    @Test func `the worker verb does nothing when no pool started it`() throws {
        let process = try Spawned(
            Program.besideTests("WorkerHost"), [], environment: [:], output: "/dev/null", errors: "/dev/null")
        #expect(process.wait() == 64)
    }

    @Test func `a worker holds no file, no variable and no descriptor of its parent`() async throws {
        let pool = pool()
        _ = try await pool.paint(small, references: [])
        let worker = try #require(pool.processes.first)
        // A process that is not dumpable can be looked into by root only; elsewhere there is nothing to compare.
        let environment = try? Data(contentsOf: URL(filePath: "/proc/\(worker)/environ"))
        if let environment {
            let names = environment.split(separator: 0).map { String(decoding: $0.prefix { $0 != 61 }, as: UTF8.self) }
            #expect(!names.contains("PATH") && !names.contains("HOME") && names.contains("DARKROOM_WORKER_PARENT"))
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker)/fd") {
            #expect(Set(open).subtracting(["0", "1", "2", "3"]).isEmpty)
        }
        await pool.shutDown()
    }
}

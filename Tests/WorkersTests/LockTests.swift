import Domain
import Foundation
import Imaging
import Testing
import Workers

/// What a worker that was taken over can still do.
@Suite struct LockTests {
    /// Something a locked worker may not do, and how it ends.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let name: String
        let end: WorkerError
        var testDescription: String { name }

        static func answered(_ name: String, _ number: Int32) -> Attempt {
            Attempt(name: name, end: .failed(detail: "error \(number)"))
        }

        static func killed(_ name: String, _ signal: Int32 = SIGSYS) -> Attempt {
            Attempt(name: name, end: .crashed(signal: signal))
        }

        static let late = Duration.milliseconds(200)
        static let all =
            [
                "network", "abstract", "execute", "fork", "namespace", "trace", "signal", "signal-thread", "ring",
                "limit", "other-machine", "send-message",
            ].map { killed($0) }
            + ["read-file", "write-file", "remove-file"].map { answered($0, EACCES) }
            + ["map-code", "make-code", "dumpable"].map { answered($0, EPERM) }
            + ["map-2GB", "eat-2GB"].map { answered($0, ENOMEM) }
            + [killed("null", SIGSEGV), killed("abort", SIGABRT)]
            + [
                Attempt(name: "spin", end: .timedOut(.processorTime(late))),
                Attempt(name: "sleep", end: .timedOut(.standstill(late * 20))),
            ]

        var isEndless: Bool { name == "spin" || name == "sleep" }
    }

    private let picture = PaintOrder(seed: [1, 2, 3], size: PixelSize(width: 96, height: 64))

    private func pool(timeout: Duration = .seconds(60), sandbox: SandboxLevel = .required) -> WorkerPool {
        WorkerPool(
            executable: Program.besideTests("WorkerHost"), arguments: [], count: 1, timeout: timeout, sandbox: sandbox,
            keepErrorOutput: true)
    }

    private func attempt(_ name: String, thread: String = "?") -> PaintOrder {
        PaintOrder(seed: Array((thread + name).utf8), size: PixelSize(width: 16, height: 16))
    }

    @Test(arguments: Attempt.all, ["?", "@"])
    func `a worker that was taken over gets nowhere, and the next job is done`(
        attempt: Attempt, thread: String
    ) async throws {
        let pool = pool(timeout: attempt.isEndless ? Attempt.late : .seconds(60))
        try await pool.makeSure()
        let order = self.attempt(attempt.name, thread: thread)
        await #expect(throws: attempt.end) { try await pool.paint(order, references: []) }
        #expect(try await pool.paint(picture, references: []).isEmpty == false)
        // What takes no end is tried once more, in a fresh worker.
        var lives = attempt.isEndless ? 3 : 2
        if case .failed = attempt.end { lives = 1 }
        #expect(pool.starts == lives)
        await pool.shutDown()
    }

    @Test func `without the lock the same attempts would go through`() async throws {
        let pool = pool(sandbox: .off)
        for name in ["read-file", "network", "signal", "map-code", "make-code"] {
            for thread in ["?", "@"] {
                await #expect(throws: WorkerError.failed(detail: "error 0")) {
                    try await pool.paint(attempt(name, thread: thread), references: [])
                }
            }
        }
        await #expect(throws: WorkerError.failed(detail: "error \(ENOMEM)")) {
            try await pool.paint(attempt("map-2GB"), references: [])
        }
        #expect(pool.starts == 1)
        await pool.shutDown()
    }

    @Test func `the kernel says that a worker is locked and limited`() async throws {
        let pool = pool(timeout: .seconds(7))
        _ = try await pool.paint(picture, references: [])
        let worker = try #require(pool.processes.first)
        let status = try String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
        #expect(status.contains("NoNewPrivs:\t1\n") && status.contains("Seccomp:\t2\n"))
        let limits = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8).split(separator: "\n")
        func soft(_ name: String) -> Int? {
            limits.first { $0.hasPrefix(name) }?.dropFirst(26).split(separator: " ").first.flatMap { Int($0) }
        }
        #expect(soft("Max core file size") == 0 && soft("Max open files") == 24)
        #expect((10...12).contains(try #require(soft("Max cpu time"))))
        #expect(try #require(soft("Max address space")) < 2 << 30)
        #expect(try #require(soft("Max file size")) < 2 << 20)
        await pool.shutDown()
    }

    @Test func `two hundred jobs of every format, sound and damaged, need one worker`() async throws {
        let pool = pool()
        var jobs = 0
        var sources: [[UInt8]] = []
        for seed in 0..<4 {
            let size = PixelSize(width: 300 + 70 * seed, height: 200)
            let painted = try await pool.paint(PaintOrder(seed: [UInt8(seed)], size: size), references: sources)
            sources.append(painted)
            jobs += 1
            for format in PictureFormat.allCases where format != .png {
                let order = RenderOrder(size: .long(640), fit: .inside, format: format)
                let made = try await pool.render(painted, as: order).bytes
                // JPEG XL is written and never opened.
                if format != .jxl { sources.append(made) }
                jobs += 1
            }
        }
        var damaged = 0
        while jobs < 200 {
            var source = sources[jobs % sources.count]
            if jobs % 3 == 1 { source = Array(source.prefix(source.count * (jobs % 10) / 10 + 16)) }
            if jobs % 3 == 2 { source[64 + jobs * 97 % (source.count - 64)] ^= 0x5A }
            let format = PictureFormat.allCases[jobs % PictureFormat.allCases.count]
            do throws(WorkerError) {
                if jobs.isMultiple(of: 2) {
                    let order = NormalizeOrder(maxEdge: 150 + jobs, maxBytes: 1_000_000, format: format)
                    _ = try await pool.normalize(source, as: order)
                } else {
                    let order = RenderOrder(size: .long(200 + 8 * jobs), fit: .cover, format: format)
                    _ = try await pool.render(source, as: order)
                }
            } catch {
                guard case .unreadable = error else { throw error }
                damaged += 1
            }
            jobs += 1
        }
        #expect(pool.starts == 1 && (20..<140).contains(damaged))
        await pool.shutDown()
    }

    @Test func `locked and unlocked workers make the same bytes`() async throws {
        let locked = pool()
        let open = pool(sandbox: .off)
        let photo = [UInt8](try Data(contentsOf: Program.sample("dandelion.jpg")))
        for format in PictureFormat.allCases {
            let order = NormalizeOrder(maxEdge: 600, maxBytes: 4_000_000, format: format)
            let inside = try await locked.normalize(photo, as: order)
            #expect(try await open.normalize(photo, as: order) == inside)
        }
        await locked.shutDown()
        await open.shutDown()
    }

    @Test func `sixteen references fit into the descriptors a worker may hold`() async throws {
        let pool = pool()
        let reference = try await pool.paint(picture, references: [])
        let references = [[UInt8]](repeating: reference, count: 16)
        #expect(try await pool.paint(picture, references: references) != reference)
        #expect(pool.starts == 1)
        await pool.shutDown()
    }
}

import CPeers
import Domain
import Imaging
import Workers

/// What jobs take in memory, and what a worker keeps.
enum MemoryRows {
    private static let megabyte = 1_000_000.0

    static var all: [Row] {
        [
            memory("memory-reference", "24 MP JPEG to 2048 JPEG", "reference", "photo-24mp.jpg"),
            memory(
                "memory-output", "1024x1024 PNG to 4096x4096 PNG, plain, fast, all cores", "output", "model-square.png"),
            memory(
                "memory-enhanced", "1024x1024 PNG to 4096x4096 PNG, enhanced, fast, all cores", "enhanced",
                "model-square.png"),
            memory("memory-reference-png", "24 MP PNG to 2048 JPEG", "reference", "photo-24mp.png"),
            Row(
                name: "soak", title: "worker memory, picture 500 to 3000", mode: "one locked worker, never recycled",
                bounds: .atMost(1.10, aim: 1.02), isOptIn: true, measure: soak),
        ]
    }

    private static func memory(_ name: String, _ title: String, _ job: String, _ picture: String) -> Row {
        Row(
            name: name, title: "peak memory beyond the input: \(title)", mode: "a fresh process, after start-up",
            bounds: .atMost(128, aim: 64)
        ) { bench in
            func peak(_ job: String) throws -> Double {
                let child = try Conversation([try Workbench.ownPath(), "--memory", job, bench.path(picture)])
                let line = try child.answer()
                guard let bytes = Double(line) else { throw Unmeasured(line) }
                return bytes / megabyte
            }
            let ours = try (0..<3).map { _ in try peak(job) }.median
            let peer = try peak(job == "reference" ? "peer-reference" : "peer-output")
            return Finding(
                value: ours, unit: "MB", digits: 1, ours: "\(ours.text(1)) MB", peer: "libvips \(peer.text(1)) MB")
        }
    }

    /// The child of a memory row: does one job and prints the bytes that it took at most.
    static func child(_ job: String, _ picture: String, cores: Int) throws -> Int {
        let bytes = try Paths.read(picture)
        try Vips.start(threads: 1)
        let before = pr_memory_mark()
        switch job {
        case "reference":
            let order = NormalizeOrder(maxEdge: 2048, maxBytes: 1 << 30, format: .jpeg, quality: 90)
            _ = try unsafe order.carriedOut(on: bytes.span.bytes)
        case "output", "enhanced":
            let order = RenderOrder(
                size: .long(4096), fit: .inside, format: .png, upscale: job == "enhanced" ? .enhanced : .plain,
                png: .fast, threads: cores)
            _ = try unsafe order.carriedOut(on: bytes.span.bytes)
        case "peer-reference":
            _ = try Peers.thumbnail(bytes, edge: 2048, quality: 90, halfChroma: true)
        default:
            _ = try Peers.enlargePNG(bytes, factor: 4)
        }
        let peak = pr_memory_peak()
        guard before > 0, peak > 0 else { throw Unmeasured("no figures from /proc") }
        return Int(peak - before)
    }

    /// One worker, 3000 pictures of all kinds; what it holds after the 500th and at the end, medians of 50 jobs.
    private static func soak(_ bench: Workbench) throws -> Finding {
        let names = (0..<40).map {
            "mixed/mixed-\($0 < 10 ? "0" : "")\($0)" + [".jpg", ".jpg", ".png", ".webp"][$0 % 4]
        }
        let pictures = try names.map(bench.picture)
        let darkroom = try bench.darkroom()
        let held = try waited { try await resident(darkroom, pictures) }
        let early = held[450..<500].map { Double($0) }.median
        let late = held[2950..<3000].map { Double($0) }.median
        return Finding(
            value: late / early, ours: "\((late / megabyte).text(1)) MB at 3000",
            peer: "\((early / megabyte).text(1)) MB at 500")
    }

    /// What the worker held after each job.
    private static func resident(_ darkroom: String, _ pictures: [[UInt8]]) async throws -> [Int64] {
        let pool = WorkerPool(executable: darkroom, count: 1, timeout: .seconds(60), jobsOfALife: .max)
        var held: [Int64] = []
        for job in 0..<3000 {
            let picture = pictures[(job * 7) % pictures.count]
            if job % 5 == 4 {
                let order = RenderOrder(
                    size: .long(job % 10 == 4 ? 2560 : 3840), fit: .inside, format: job % 15 == 4 ? .jpeg : .png)
                _ = try await pool.render(picture, as: order)
            } else {
                _ = try await pool.normalize(
                    picture, as: NormalizeOrder(maxEdge: job % 3 == 0 ? 1024 : 2048, maxBytes: 1 << 28))
            }
            guard let process = pool.processes.first, pool.starts == 1 else {
                throw Unmeasured("the worker was replaced")
            }
            held.append(pr_memory_of(process))
        }
        await pool.shutDown()
        return held
    }
}

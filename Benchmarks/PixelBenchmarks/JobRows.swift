import Disk
import Domain

/// What a whole job costs this machine, the model service left out.
enum JobRows {
    /// Jobs of one turn, so that the daemon's start weighs as little as in its life.
    private static let jobs = 5

    static var all: [Row] {
        [
            row("job", .plain, .atMost(0.60, aim: 0.25)),
            row("job-enhanced", .enhanced, nil),
        ]
    }

    private static func row(_ name: String, _ mode: UpscaleMode, _ bounds: Bounds?) -> Row {
        Row(
            name: name, title: "a job: 12 MP reference in, 1536x1024 answer to 3840x2560 JPEG q90",
            mode: "whole processes, \(jobs) jobs a turn, sealing and ledger included, \(mode.rawValue)", bounds: bounds
        ) { bench in
            let desk = try JobDesk(bench, upscale: mode)
            let answer = try desk.answer()
            let reference = bench.path("photo-12mp.jpg")
            let small = "\(bench.scratch)/small.jpg"
            let large = "\(bench.scratch)/large.jpg"
            let peer = Contender("vipsthumbnail, vips") {
                var sum = Sample(spent: 0, wall: 0, bytes: 0)
                for _ in 0..<jobs {
                    for command in [
                        ["vipsthumbnail", reference, "--size", "2048x2048>", "-o", small + "[Q=90,strip]"],
                        ["vips", "resize", answer, large + "[Q=90,subsample_mode=on]", "2.5"],
                    ] {
                        let cost = try Programs.run(command)
                        sum.spent += cost.spent
                        sum.wall += cost.wall
                    }
                    sum.bytes += try Paths.size(of: large)
                }
                return sum
            }
            return Finding(
                try bench.duel(Contender("darkroom drain") { try desk.drain(jobs) }, peer),
                against: "\(jobs) times vipsthumbnail and vips resize")
        }
    }
}

/// A spool whose jobs go to a simulator in a process of its own.
private final class JobDesk {
    private let darkroom: String
    private let folder: String
    private let spool: String
    private let reference: String
    private let simulator: Conversation
    private var turns = 0

    init(_ bench: Workbench, upscale: UpscaleMode) throws {
        darkroom = try bench.darkroom()
        reference = bench.path("photo-12mp.jpg")
        folder = "\(bench.scratch)/jobs"
        spool = folder + "/spool"
        try Folders.removeTree(folder)
        try Folders.make(spool + "/inbox", mode: 0o755)
        simulator = try Conversation([darkroom, "simulate", "--listen", "127.0.0.1:0", "--cached"])
        guard let url = try simulator.answer().split(separator: " ").last else { throw Unmeasured("no simulator") }
        try Files.writeDurably(Array("no-real-key".utf8), to: folder + "/key")
        let text = """
            { spool: "\(spool)", log: { level: "warning" }, models: { default: "image", image: { provider: "openai",
              endpoint: "\(url)", model: "gpt-image-2", key: { file: "\(folder)/key" }, requests_per_minute: 100000 } },
              disk: { min_free: "1MB" }, output: { size: "4k", format: "jpeg", upscale: "\(upscale.rawValue)" } }
            """
        try Files.writeDurably(Array(text.utf8), to: folder + "/darkroom.json5")
    }

    deinit {
        simulator.stop()
        try? Folders.removeTree(folder)
    }

    /// The model's picture as it came, from one job that counts for nothing.
    func answer() throws -> String {
        _ = try drain(1, isOriginalKept: true)
        for job in try Folders.list(spool + "/done").entries {
            for file in try Folders.list("\(spool)/done/\(job.name)").entries where file.name.contains(".original.") {
                let path = "\(spool)/done/\(job.name)/\(file.name)"
                return path.hasSuffix(".json") ? String(path.dropLast(5)) : path
            }
        }
        throw Unmeasured("the simulator's picture did not arrive")
    }

    /// Hands jobs over, which costs nothing here, and has a daemon work until they are done.
    func drain(_ count: Int, isOriginalKept: Bool = false) throws -> Sample {
        turns += 1
        var ids: [String] = []
        for number in 1...count {
            let id = "job-\(turns)-\(number)"
            let beside = "\(spool)/inbox/.\(id)"
            try Folders.make(beside)
            try Files.writeDurably(try Paths.read(reference), to: beside + "/reference.jpg")
            let manifest = """
                { "prompt": "the same at dusk", "id": "\(id)", "references": ["reference.jpg"], "size": "1536x1024",
                  "output": { "original": \(isOriginalKept) } }
                """
            try Files.writeDurably(Array(manifest.utf8), to: beside + "/job.json")
            try Files.rename(beside, to: "\(spool)/inbox/\(id)")
            ids.append(id)
        }
        let cost = try Programs.run([darkroom, "drain", "--config", folder + "/darkroom.json5"])
        let bytes = try ids.reduce(0) { try $0 + Paths.size(of: "\(spool)/done/\($1)/\($1)-1.jpg") }
        return Sample(spent: cost.spent, wall: cost.wall, bytes: bytes)
    }
}

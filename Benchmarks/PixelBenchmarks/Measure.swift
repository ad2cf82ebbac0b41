import CPeers

/// Why something could not be measured; the table says so and goes on.
struct Unmeasured: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What one job cost.
struct Sample {
    /// Milliseconds of processor time: user and system, all threads, and children that were waited for.
    var spent: Double
    /// Milliseconds on the wall.
    var wall: Double
    /// Bytes that the job made.
    var bytes: Int
}

/// One way to do a job; carried out again and again.
struct Contender {
    let name: String
    let measure: () throws -> Sample

    init(_ name: String, measure: @escaping () throws -> Sample) {
        self.name = name
        self.measure = measure
    }

    /// Measures `job` in this process; it gives the number of bytes it made.
    init(inProcess name: String, _ job: @escaping () throws -> Int) {
        self.init(name) {
            let wall = pr_wall_time()
            let spent = pr_processor_time()
            let bytes = try job()
            return Sample(
                spent: Double(pr_processor_time() - spent) / 1e6, wall: Double(pr_wall_time() - wall) / 1e6,
                bytes: bytes)
        }
    }

    /// Runs a command that writes the file `output`, start-up and all.
    init(command: [String], output: String) {
        self.init(command.first.map(Paths.name) ?? "") {
            let cost = try Programs.run(command)
            return Sample(spent: cost.spent, wall: cost.wall, bytes: try Paths.size(of: output))
        }
    }
}

/// Two ways to do a job, measured in turn so that a machine that slows down slows both.
struct Duel {
    let ours: [Sample]
    let peer: [Sample]

    /// One turn each to warm up, then `pairs` turns that count.
    init(_ ours: Contender, _ peer: Contender, pairs: Int) throws {
        _ = try ours.measure()
        _ = try peer.measure()
        var first: [Sample] = []
        var second: [Sample] = []
        for _ in 0..<pairs {
            first.append(try ours.measure())
            second.append(try peer.measure())
        }
        self.ours = first
        self.peer = second
    }

    /// Median of the pairs' own ratios of processor time.
    var ratio: Double { zip(ours, peer).map { $0.spent / $1.spent }.median }
    var wallRatio: Double { zip(ours, peer).map { $0.wall / $1.wall }.median }
    /// Bytes of our result for each byte of the peer's.
    var bytesRatio: Double { zip(ours, peer).map { Double($0.bytes) / Double(max(1, $1.bytes)) }.median }
}

extension [Double] {
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = self.sorted()
        return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }
}

extension [Sample] {
    var spent: Double { map(\.spent).median }
    var wall: Double { map(\.wall).median }
}

extension Double {
    /// With `digits` after the point, without Foundation.
    func text(_ digits: Int) -> String {
        guard isFinite else { return "-" }
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let number = (magnitude * scale).rounded()
        guard number < 1e15 else { return "\(self)" }
        let whole = Int(number) / Int(scale)
        let rest = String(Int(number) % Int(scale))
        let sign = self < 0 && number > 0 ? "-" : ""
        return digits == 0
            ? "\(sign)\(whole)" : "\(sign)\(whole).\(String(repeating: "0", count: digits - rest.count))\(rest)"
    }
}

import Disk

/// What the figures depend on.
enum MachineFacts {
    static func lines(_ bench: Workbench) -> [String] {
        var peers = ["libvips \(Peers.vipsVersion)"]
        for tool in ["pillow", "opencv"] {
            if let version = try? bench.pythonPeers().version(tool) { peers.append("\(tool) \(version)") }
        }
        return [
            "processor: \(processor), \(bench.cores) cores; kernel \(kernel)",
            "peers: \(peers.joined(separator: ", "))",
            "pictures: \(isPainted(bench) ? "painted, no photographs could be had" : "photographs of Debian packages")",
        ]
    }

    private static var processor: String {
        for line in file("/proc/cpuinfo").split(separator: "\n") where line.hasPrefix("model name") {
            return line.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "unknown"
        }
        return "unknown"
    }

    private static var kernel: String { String(file("/proc/sys/kernel/osrelease").prefix { $0 != "\n" }) }

    private static func isPainted(_ bench: Workbench) -> Bool { Files.exists("\(bench.folder)/photos/painted-1.png") }

    private static func file(_ path: String) -> String {
        String(decoding: ((try? Files.read(path, limit: 1 << 20)) ?? nil) ?? [], as: UTF8.self)
    }
}

import Disk

/// One image worker, as the page and the metrics show it.
struct WorkerLine: Sendable {
    let process: Int32
    /// Bytes that it has in memory now, and that it had at most.
    let memory: Int64
    let most: Int64

    /// Nil for a process that has ended.
    init?(_ process: Int32) {
        guard let bytes = (try? Files.read("/proc/\(process)/status", limit: 16 << 10)) ?? nil else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        func kilobytes(_ name: String) -> Int64? {
            lines.first { $0.hasPrefix(name + ":") }.flatMap { line in
                line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) }
            }
        }
        guard let memory = kilobytes("VmRSS"), let most = kilobytes("VmHWM") else { return nil }
        self.process = process
        self.memory = memory * 1024
        self.most = most * 1024
    }
}

import Disk
package import Domain

/// The machine's own clocks.
package struct SystemClock: Timekeeper {
    package let bootID: String

    package init() {
        let path = "/proc/sys/kernel/random/boot_id"
        let text = ((try? Files.read(path, limit: 100)) ?? nil).map { String(decoding: $0, as: UTF8.self) }
        bootID = text?.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "unknown"
    }

    package func wall() -> Timestamp { Timestamp(milliseconds: Monotonic.wall()) }
    package func sinceBoot() -> Int64 { Monotonic.sinceBoot() }
}

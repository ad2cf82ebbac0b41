import Disk
import Domain
import Glibc
import Synchronization

/// How far something has come, as one line for a terminal.
struct ProgressLine {
    var settled = 0
    var total = 0
    var failed = 0
    var held = 0
    var pictures = 0
    /// Micro-dollars of the jobs that have settled.
    var spent: Int64 = 0
    /// Milliseconds since the start.
    var elapsed: Int64 = 0

    /// The line in at most `width` columns: what matters less is left out first.
    func text(width: Int) -> String {
        var parts = ["\(settled)/\(total) \(total == 1 ? "job" : "jobs")"]
        if failed > 0 { parts.append("\(failed) failed") }
        if held > 0 { parts.append("\(held) held") }
        parts.append(left ?? Self.time(elapsed))
        if spent > 0 { parts.append("$" + Money.text(spent)) }
        if pictures > 0 { parts.append(pictures == 1 ? "1 picture" : "\(pictures) pictures") }
        if let rate { parts.append(rate) }
        // One length as long as the terminal is: a bar that moves by itself can not be read.
        let room = width >= 100 ? 24 : width >= 60 ? 16 : 0
        while parts.count > 1, Self.joined(parts).count > width - room - 3 { parts.removeLast() }
        let words = Self.joined(parts)
        guard room > 0 else { return String(words.prefix(width)) }
        let filled = total == 0 ? 0 : min(room, room * settled / total)
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: room - filled) + "] " + words
    }

    private static func joined(_ parts: [String]) -> String { parts.joined(separator: " · ") }

    /// Settled jobs a minute, once there are enough of them to speak of.
    private var rate: String? {
        guard settled >= 2, elapsed > 0 else { return nil }
        let tenths = Int64(settled) * 600_000 / elapsed
        return tenths >= 100 ? "\(tenths / 10)/min" : "\(tenths / 10).\(tenths % 10)/min"
    }

    /// When it will be done if it goes on like this.
    private var left: String? {
        guard settled >= 2, settled < total else { return nil }
        return "about " + Self.time(elapsed * Int64(total - settled) / Int64(settled)) + " left"
    }

    private static func time(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000
        if seconds < 120 { return "\(seconds) s" }
        return seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }
}

/// A line at the foot of the terminal that is written over; nothing where standard error is none.
final class ProgressBar: Sendable {
    private struct State {
        var line = ProgressLine()
        var isShown = false
        var hasEnded = false
    }

    let isLive: Bool
    private let started = Monotonic.milliseconds()
    private let state = Mutex(State())

    init(isLive: Bool) {
        self.isLive = isLive
        guard isLive else { return }
        // Time goes on where nothing else does.
        Task { [weak self] in
            while let bar = self, bar.draw() { try? await Task.sleep(for: .seconds(1)) }
        }
    }

    /// Changes what it shows.
    func update(_ change: (inout ProgressLine) -> Void) {
        state.withLock { change(&$0.line) }
        _ = draw()
    }

    /// Writes a line of results; the bar makes room for it.
    func print(_ text: String) {
        state.withLock { state in
            clear(&state)
            Console.print(text)
        }
        _ = draw()
    }

    /// Writes a remark; the bar makes room for it.
    func remark(_ text: String) {
        state.withLock { state in
            clear(&state)
            Console.remark(text)
        }
        _ = draw()
    }

    func end() {
        state.withLock { state in
            clear(&state)
            state.hasEnded = true
        }
    }

    private func clear(_ state: inout State) {
        guard state.isShown else { return }
        Console.write(2, Array("\r\u{1B}[K".utf8))
        state.isShown = false
    }

    /// False once it has ended.
    private func draw() -> Bool {
        state.withLock { state in
            guard isLive, !state.hasEnded else { return false }
            state.line.elapsed = Monotonic.milliseconds() - started
            Console.write(2, Array(("\r" + state.line.text(width: Console.columns(2) - 1) + "\u{1B}[K").utf8))
            state.isShown = true
            return true
        }
    }
}

extension Console {
    /// How wide a terminal is; 80 where it does not say.
    static func columns(_ descriptor: Int32) -> Int {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
        return Int(size.ws_col)
    }
}

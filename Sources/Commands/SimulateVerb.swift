import Daemon
import Disk
import Documents
import Domain
import Glibc
import HTTPServer
import Simulator
import Synchronization
import Workers

extension Program {
    static let simulateVerb = Verb(
        name: "simulate", summary: "a model service on this machine, for trials and tests",
        options: [
            Option("--listen", "ADDRESS:PORT", "where to listen (127.0.0.1:9000)"),
            Option("--latency", "TIME", "how long each answer takes (0s)"),
            Option("--faults", "FILE", "a fault script"),
            Option("--ledger", "FILE", "append a line for every request that was accepted"),
            Option("--cached", nil, "draw each size once"),
        ], examples: ["darkroom simulate --listen 127.0.0.1:9000 --latency 20s"]
    ) { invocation throws(CommandError) in
        if invocation.has("--faults") { throw .notBuilt("--faults") }
        let (address, port) = try simulatorAddress(invocation.value("--listen") ?? "127.0.0.1:9000")
        var options = ImageSimulator.Options()
        options.isCached = invocation.has("--cached")
        if let text = invocation.value("--latency") {
            guard let latency = Span(text) else { throw CommandError(.usage, "--latency takes a duration such as 20s") }
            options.latency = latency
        }
        if let path = invocation.value("--ledger") { options.note = try appendLines(to: path) }
        let workers = WorkerPool(executable: "/proc/self/exe", count: Machine.cores, timeout: .seconds(60))
        let listener: Listener
        do throws(ServerError) {
            listener = try ImageSimulator.painting(with: workers, options: options).listen(address: address, port: port)
        } catch {
            throw CommandError(.unavailable, error.description, hint: "choose another port with --listen")
        }
        let shown = address.contains(":") ? "[\(address)]" : address
        Console.print("listening on http://\(shown):\(listener.port)\n")
        let (stops, continuation) = AsyncStream<Void>.makeStream()
        let signals = StopSignals { continuation.finish() }
        for await _ in stops {}
        await listener.stop()
        await workers.shutDown()
        signals.end()
        return ExitCode.fine.rawValue
    }

    private static func simulatorAddress(_ text: String) throws(CommandError) -> (String, UInt16) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw CommandError(.usage, "--listen takes ADDRESS:PORT such as 127.0.0.1:9000")
        }
        var address = String(text[..<colon])
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        return (address, port)
    }

    /// Appends one JSON line a call, each durable before the call returns.
    private static func appendLines(to path: String) throws(CommandError) -> @Sendable (JSONValue) -> Void {
        let number = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode_t(0o600))
        guard number >= 0 else { throw CommandError(.inputOutput, "\(path): \(DiskError("open the ledger"))") }
        let file = SharedFile(Descriptor(adopting: number))
        return { line in file.append(line.compact + "\n") }
    }
}

private final class SharedFile: Sendable {
    private struct Held: ~Copyable {
        let file: Descriptor
    }

    private let held: Mutex<Held>

    init(_ file: consuming Descriptor) { held = Mutex(Held(file: file)) }

    func append(_ line: String) {
        held.withLock { held in
            try? held.file.write(Array(line.utf8))
            try? held.file.sync()
        }
    }
}

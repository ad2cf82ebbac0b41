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
            Option("--faults", "FILE", "rules by which it misbehaves"),
            Option("--ledger", "FILE", "append a line for every request, and one for how it ended"),
            Option("--cached", nil, "draw each size once"),
            Option("--certificate", "FILE", "speak TLS with this PEM certificate and its --key"),
            Option("--key", "FILE", "the certificate's PEM key"),
        ],
        examples: [
            "darkroom simulate --listen 127.0.0.1:9000 --latency 20s",
            "darkroom simulate --faults faults.json5 --ledger simulator.jsonl --cached",
        ],
        notes: [
            "It serves the paths of Microsoft MAI, OpenAI, Azure OpenAI, Google Gemini and OpenRouter, and refuses what "
                + "they do not know. Any key is taken.",
            "A fault file is a list of rules in JSON with comments; the first that fits a request makes its answer: "
                + #"[{ match: { provider: "openai", request: 2 }, answer: { refuse: "rate_limited" } }]. "#
                + "The guide Simulator.md has every key.",
        ]
    ) { invocation throws(CommandError) in
        allowManyConnections()
        let identity = try identity(invocation)
        guard let address = ListenAddress(invocation.value("--listen") ?? "127.0.0.1:9000") else {
            throw CommandError(.usage, "--listen takes ADDRESS:PORT such as 127.0.0.1:9000")
        }
        var options = ImageSimulator.Options()
        options.isCached = invocation.has("--cached")
        if let text = invocation.value("--latency") {
            guard let latency = Span(text) else { throw CommandError(.usage, "--latency takes a duration such as 20s") }
            options.latency = latency
        }
        options.needsKey = true
        if let path = invocation.value("--faults") { options.faults = try faults(path) }
        if let path = invocation.value("--ledger") { options.note = try appendLines(to: path) }
        let workers = WorkerPool(executable: "/proc/self/exe", count: Machine.cores, timeout: .seconds(60))
        let listener: Listener
        do throws(ServerError) {
            listener = try ImageSimulator.painting(with: workers, options: options).listen(
                address: address.host, port: address.port, identity: identity)
        } catch {
            throw CommandError(.unavailable, error.description, hint: "choose another port with --listen")
        }
        let shown = ListenAddress(address, port: listener.port)
        Console.print("listening on http\(identity == nil ? "" : "s")://\(shown)\n")
        let (stops, continuation) = AsyncStream<Void>.makeStream()
        let signals = StopSignals { continuation.finish() }
        for await _ in stops {}
        await listener.stop()
        await workers.shutDown()
        signals.end()
        return ExitCode.fine.rawValue
    }

    private static func faults(_ path: String) throws(CommandError) -> FaultScript {
        let bytes = try text(of: path)
        do throws(FaultFileError) {
            return try FaultScript(bytes)
        } catch {
            throw CommandError(.configuration, "\(path): \(error)")
        }
    }

    private static func identity(_ invocation: Invocation) throws(CommandError) -> TLSIdentity? {
        guard let certificate = invocation.value("--certificate"), let key = invocation.value("--key") else {
            if invocation.has("--certificate") || invocation.has("--key") {
                throw CommandError(.usage, "--certificate and --key go together")
            }
            return nil
        }
        return TLSIdentity(
            certificate: String(decoding: try text(of: certificate), as: UTF8.self),
            key: String(decoding: try text(of: key), as: UTF8.self))
    }

    private static func text(of path: String) throws(CommandError) -> [UInt8] {
        do throws(DiskError) {
            if let bytes = try Files.read(Files.absolute(path) ?? path, limit: 1 << 20) { return bytes }
        } catch {
            throw CommandError(.configuration, "\(path): \(error)")
        }
        throw CommandError(.configuration, "\(path): there is no such file")
    }

    /// Every request under way holds a connection, and the usual limit of a shell is 1,024.
    private static func allowManyConnections() {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(kind, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(kind, &limit)
    }

    /// Appends one JSON line a call, each with one write before the call returns: it outlives this process.
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
        }
    }
}

import Daemon
import Foundation
import HTTPServer
import Simulator
import Synchronization
import Workers

/// A model service of the test's own: the simulator, with every request kept and, where the test says so, another answer.
final class Provider: Sendable {
    typealias Rule = @Sendable (_ number: Int, IncomingRequest) async -> Reply?

    private let kept: Kept
    private let workers: WorkerPool
    private let listener: Listener

    /// - Parameters:
    ///   - faults: a fault script of the simulator.
    ///   - rule: sees each request with its number, counted from 1; nil answers as the contract says.
    init(faults: String? = nil, _ rule: @escaping Rule = { _, _ in nil }) throws {
        let kept = Kept()
        self.kept = kept
        workers = WorkerPool(executable: Darkroom.path, count: 1, timeout: .seconds(60))
        var options = ImageSimulator.Options()
        // As the real services: a daemon that forgot its key would be seen.
        options.needsKey = true
        options.faults = try faults.map { try FaultScript(Array($0.utf8)) }
        options.isCached = faults != nil
        options.intercept = { request in await rule(kept.add(request), request) }
        listener = try ImageSimulator.painting(with: workers, options: options).listen(address: "127.0.0.1", port: 0)
    }

    var requests: [IncomingRequest] { kept.all }
    var port: UInt16 { listener.port }

    /// What a route of each provider says beside its address and key.
    static let models = [
        "microsoft-mai": #"deployment: "mai26-prod", family: "2.6""#, "openai": #"model: "gpt-image-2""#,
        "azure-openai": #"deployment: "img2", family: "gpt-image-2""#,
        "google-gemini": #"model: "gemini-3-pro-image""#, "openrouter": #"model: "microsoft/mai-image-2.6""#,
    ]

    /// A configuration whose only route is this service, in the contract of `provider`.
    func configuration(_ more: String = "", route: String = "", provider: String = "microsoft-mai") -> String {
        """
        { spool: "SPOOL",
          models: { mai: { provider: "\(provider)", endpoint: "http://127.0.0.1:\(port)",
                           \(Self.models[provider] ?? ""), key: { env: "TEST_MAI_KEY" }, requests_per_minute: 6000,
                           \(route) } },
          disk: { min_free: "1MB" }, \(more) }
        """
    }

    func stop() async {
        await listener.stop()
        await workers.shutDown()
    }

    private final class Kept: Sendable {
        private let requests = Mutex<[IncomingRequest]>([])
        var all: [IncomingRequest] { requests.withLock { $0 } }

        func add(_ request: IncomingRequest) -> Int {
            requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
        }
    }
}

extension Reply {
    /// An error in the contracts' shape.
    static func error(_ status: Int, _ code: String = "", _ message: String = "", headers: [(String, String)] = [])
        -> Reply
    {
        Reply(
            status: status, headers: [("Content-Type", "application/json")] + headers,
            body: Array(#"{"error":{"code":"\#(code)","message":"\#(message)"}}"#.utf8))
    }
}

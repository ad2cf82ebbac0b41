import Documents
import Domain
import HTTPServer
import Providers
import Settings
import Simulator
import Support
import Synchronization
import Testing
import Transport

/// A simulator on a port of its own whose pictures are all one grey pixel, and what it noted.
final class Service: Sendable {
    static let pixel =
        Base64.decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC")
        ?? []
    static let reference = SentPicture(bytes: pixel, format: .png, size: PixelSize(width: 1, height: 1))

    private let listener: Listener
    private let client: HTTPClient
    private let noted: Noted

    /// - Parameter faults: a fault script.
    init(faults: String? = nil, needsKey: Bool = false, isCached: Bool = false) throws {
        let noted = Noted()
        self.noted = noted
        var options = ImageSimulator.Options()
        options.faults = try faults.map { try FaultScript(Array($0.utf8)) }
        options.needsKey = needsKey
        options.isCached = isCached
        options.note = { noted.add($0) }
        listener = try ImageSimulator(options: options) { _ in Self.pixel }.listen(
            address: "127.0.0.1", port: 0)
        client = try HTTPClient(TransportSettings())
    }

    var ledger: [JSONValue] { noted.all }

    func stop() async {
        client.shutDown()
        await listener.stop()
    }

    // MARK: calls

    func exchange(_ request: OutgoingRequest) async -> (result: ExchangeResult, body: [UInt8]) {
        let collected = Mutex<[UInt8]>([])
        let result = await unsafe client.exchange(request) { bytes in
            collected.withLock { unsafe $0.append(contentsOf: bytes) }
        }
        return (result, collected.withLock { $0 })
    }

    /// Sends what the provider's own adapter makes, and lets it read the answer.
    func call(
        _ provider: Route.Provider, isEdit: Bool, prompt: String = "a lighthouse", mask: [UInt8]? = nil,
        version: String? = nil
    ) async throws -> (verdict: Verdict?, answer: ImageAnswer?, result: ExchangeResult) {
        var route = Self.route(provider)
        route.apiVersion = version
        var spec = JobSpec(prompt: prompt)
        spec.referenceCount = isEdit ? 1 : 0
        let sizes = isEdit ? [PixelSize(width: 1, height: 1)] : []
        let plan = try CallPlan(spec, on: route, references: sizes)
        let adapter = adapter(route)
        let request = adapter.request(
            plan, references: isEdit ? [Self.reference] : [],
            mask: mask.map { SentPicture(bytes: $0, format: .png, size: Self.reference.size) })
        let (result, body) = await exchange(request)
        guard case .answered(let head) = result else { return (nil, nil, result) }
        let (verdict, answer) = adapter.read(head, body: body)
        return (verdict, answer, result)
    }

    func adapter(_ route: Route) -> any Adapter { route.adapter(endpoint: url(""), key: SecretText("k")) }

    /// An answer as a client that knows no contract sees it.
    struct Seen {
        var status: Int?
        var headers: [String: String] = [:]
        var body: [UInt8] = []

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(listener.port)\(path)" }

    func send(
        _ method: String, _ url: String, _ body: OutgoingRequest.Body = .none, headers: [(String, String)] = []
    ) async -> Seen {
        let (result, bytes) = await exchange(
            OutgoingRequest(method: method, url: url, headers: headers, body: body, totalTimeout: .seconds(60)))
        guard case .answered(let head) = result else { return Seen() }
        return Seen(status: head.status, headers: head.headers, body: bytes)
    }

    /// What a JSON body is answered with.
    func post(_ path: String, _ body: String, headers: [(String, String)] = []) async -> Seen {
        await send("POST", url(path), .bytes(Array(body.utf8), contentType: "application/json"), headers: headers)
    }

    func form(_ path: String, _ parts: [FormPart]) async -> Seen { await send("POST", url(path), .form(parts)) }

    func get(_ path: String, headers: [(String, String)] = []) async -> Seen {
        await send("GET", url(path), headers: headers)
    }

    static func route(_ provider: Route.Provider) -> Route {
        var route = Route.offline
        route.provider = provider
        (route.deployment, route.family) =
            switch provider {
            case .microsoftMAI: ("mai26-prod", "2.6")
            case .azureOpenAI: ("img2", "gpt-image-2")
            case .googleGemini: ("gemini-3-pro-image", "gemini-3-pro-image")
            case .openRouter: ("microsoft/mai-image-2.6", "microsoft/mai-image-2.6")
            case .openAI, .simulator: ("gpt-image-2", "gpt-image-2")
            }
        return route
    }

    private final class Noted: Sendable {
        private let lines = Mutex<[JSONValue]>([])
        var all: [JSONValue] { lines.withLock { $0 } }
        func add(_ line: JSONValue) { lines.withLock { $0.append(line) } }
    }
}

extension Route.Provider: CustomTestStringConvertible {
    package var testDescription: String { rawValue }
}

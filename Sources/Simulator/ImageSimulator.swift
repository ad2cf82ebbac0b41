import Digests
import Disk
package import Documents
package import Domain
package import HTTPServer
import Provenance
import Synchronization

/// A model service on this machine: the real contracts, real pictures, no model.
///
/// Speaks Microsoft MAI, OpenAI, Azure OpenAI, Google Gemini and OpenRouter, each at its own path, and refuses whatever a
/// contract does not know. What it draws says that it is simulated.
package final class ImageSimulator: Sendable {
    /// Draws a PNG: 32 bytes of seed, a size, and the references and the mask as they came in.
    package typealias Painter =
        @Sendable (_ seed: [UInt8], _ size: PixelSize, _ references: [[UInt8]], _ mask: [UInt8]?) async throws
        -> [UInt8]

    package struct Options: Sendable {
        package var latency: Span = .zero
        /// Draws each size once, and answers with that.
        package var isCached = false
        /// Whether a request without a key is refused. Which key does not matter.
        package var needsKey = false
        package var faults: FaultScript?
        /// Told of every request, before its answer leaves: once it is accepted or refused, and once its end is known.
        package var note: @Sendable (JSONValue) -> Void = { _ in }
        /// Sees every request before it is answered, and may answer in its place.
        package var intercept: @Sendable (IncomingRequest) async -> Reply? = { _ in nil }

        package init() {}
    }

    private let paint: Painter
    private let options: Options
    private let cache = Mutex<[PixelSize: Task<DrawnPicture, any Error>]>([:])
    private let served = Atomic<Int>(0)
    private let generations = Generations()

    package init(options: Options = Options(), paint: @escaping Painter) {
        self.options = options
        self.paint = paint
    }

    /// Largest request in bytes: sixteen references and a prompt.
    package static let bodyLimit = 256 << 20

    /// Longest time for which a request is left without an answer: as long as a route may wait.
    private static let silence = Span.hours(1)

    /// Starts listening; port 0 takes any free one.
    package func listen(
        address: String, port: UInt16, identity: TLSIdentity? = nil
    ) throws(ServerError) -> Listener {
        try Listener(address: address, port: port, bodyLimit: Self.bodyLimit, identity: identity) { request in
            await self.answer(request)
        }
    }

    // MARK: requests

    private func answer(_ request: IncomingRequest) async -> Reply {
        if let reply = await options.intercept(request) { return reply }
        if request.method == "GET", request.path == Contract.generationPath { return lookUp(request) }
        guard request.method == "POST", let resource = Contract.resource(at: request.path) else {
            return refuse(ContractFault("no such resource", .modelNotFound), .openAI, status: 404)
        }
        let contract = resource.contract
        guard !options.needsKey || contract.hasKey(request.headers) else {
            return refuse(ContractFault("no key was sent", .auth), contract, status: 401)
        }
        let order: DrawOrder
        do throws(ContractFault) {
            order = try DrawOrder(request, resource)
        } catch {
            return refuse(error, contract)
        }
        return await fulfil(order)
    }

    /// What became of an earlier request, as OpenRouter tells it.
    private func lookUp(_ request: IncomingRequest) -> Reply {
        let contract = Contract.openRouter
        guard !options.needsKey || contract.hasKey(request.headers) else {
            return refuse(ContractFault("no key was sent", .auth), contract, status: 401)
        }
        guard let found = generations.answer(request.query) else {
            // Often asked before it is there: nothing that breaks the contract, and nothing for the ledger.
            let page = RefusalPage(.modelNotFound, contract, message: "Generation not found")
            return Reply(
                status: 404, headers: [("Content-Type", contract.contentType)], body: Array(page.body.compact.utf8))
        }
        return Reply(
            status: 200, headers: [("Content-Type", contract.contentType)], body: Array(found.compact.utf8))
    }

    private func fulfil(_ order: DrawOrder) async -> Reply {
        let id = (order.contract == .openRouter ? "gen-" : "sim-") + randomUUID()
        let number = served.add(1, ordering: .relaxed).newValue
        options.note(order.note(number: number, id: id, at: Monotonic.wall()))
        let rule = options.faults?.rule(for: order)
        let wait = options.latency.milliseconds + (rule?.delay?.milliseconds ?? 0)
        if wait > 0 { try? await Task.sleep(for: .milliseconds(wait)) }
        if order.contract == .openRouter {
            let isBilled = rule?.isBilled ?? true
            generations.keep(id, cost: isBilled ? Answer.cost(of: order, pictures: order.count) : 0)
        }
        if let rule, rule.isHanging {
            note(id, "silent", rule, pictures: 0)
            try? await Task.sleep(for: Self.silence.duration)
            return Reply(status: 504, ending: .dropBeforeReply)
        }
        if let rule, var reply = rule.reply(order, id: id) {
            if order.contract == .openRouter { reply.headers.append((Contract.generationHeader, id)) }
            note(id, reply.ending == .whole ? "answered" : "cut", rule, status: reply.status, pictures: 0)
            return reply
        }
        var pictures: [DrawnPicture] = []
        for index in 0..<order.count {
            guard let picture = try? await picture(order, index) else {
                note(id, "answered", nil, status: 500, pictures: 0)
                return refuse(ContractFault("the simulator could not draw", .serverError), order.contract)
            }
            pictures.append(picture)
        }
        let answer = Answer(order: order, pictures: pictures, id: id)
        var headers = [("Content-Type", order.contract.contentType), ("X-Darkroom-Simulated", "true")]
        if let name = order.contract.requestIDHeader { headers.append((name, id)) }
        var reply = Reply(status: 200, headers: headers)
        if let rule { reply = rule.reply(answer, headers: headers) } else { reply.pieces = answer.pieces }
        note(id, reply.ending == .whole ? "answered" : "cut", rule, status: 200, pictures: pictures.count)
        return reply
    }

    // MARK: pictures

    private func picture(_ order: DrawOrder, _ index: Int) async throws -> DrawnPicture {
        guard options.isCached else { return try await draw(order, index) }
        // Whoever comes while a size is being drawn waits for it rather than drawing it too.
        let task = cache.withLock { cache in
            if let known = cache[order.size] { return known }
            var plain = order
            plain.references = []
            plain.mask = nil
            let task = Task { [plain] in try await self.draw(plain, index) }
            cache[order.size] = task
            return task
        }
        do {
            return try await task.value
        } catch {
            cache.withLock { $0[order.size] = nil }
            throw error
        }
    }

    private func draw(_ order: DrawOrder, _ index: Int) async throws -> DrawnPicture {
        let seed = SHA256Digest.of(Array(order.prompt.utf8) + [UInt8(truncatingIfNeeded: index)])
        return DrawnPicture(
            try await mark(paint(seed, order.size, order.references.map(\.bytes), order.mask?.bytes), order))
    }

    /// What is drawn says itself that no model drew it, whatever route it is fetched through.
    private func mark(_ picture: [UInt8], _ order: DrawOrder) throws -> [UInt8] {
        let packet = XMPPacket(
            sourceType: .init(references: order.references.count), aiSystem: "Darkroom simulator",
            aiSystemVersion: order.model, generatorVersion: Product.version,
            created: Timestamp(milliseconds: Monotonic.wall()).description, documentID: randomUUID(), isSimulated: true)
        return try embed(packet, into: picture)
    }

    // MARK: the ledger

    /// What breaks its contract is answered by it, and never drawn.
    private func refuse(_ fault: ContractFault, _ contract: Contract, status: Int? = nil) -> Reply {
        let page = RefusalPage(fault.refusal, contract, message: fault.message, parameter: fault.parameter)
        let status = status ?? page.status
        options.note(
            .fields([
                "event": "refused", "at": .integer(Monotonic.wall()), "provider": .string(contract.rawValue),
                "status": .integer(status), "why": .string(fault.message), "billed": false,
            ]))
        return Reply(
            status: status, headers: [("Content-Type", contract.contentType)], body: Array(page.body.compact.utf8))
    }

    private func note(_ id: String, _ event: String, _ rule: FaultRule?, status: Int? = nil, pictures: Int) {
        options.note(
            .fields([
                "event": .string(event), "id": .string(id), "at": .integer(Monotonic.wall()),
                "status": status.map { .integer($0) }, "pictures": .integer(pictures),
                "billed": .bool(rule?.isBilled ?? (status == 200)), "fault": .text(rule?.name),
            ]))
    }
}

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
    /// Draws a picture in the format of the order, without metadata.
    package typealias Painter = @Sendable (PictureOrder) async throws -> [UInt8]

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

    /// What cached pictures are told apart by.
    private struct Kind: Hashable {
        let size: PixelSize
        let format: PictureFormat
        let quality: Int
    }

    /// Where a request came in: an address that the answer names begins with it.
    private struct Origin {
        let scheme: String
        let host: String
    }

    private let paint: Painter
    private let options: Options
    private let cache = Mutex<[Kind: Task<DrawnPicture, any Error>]>([:])
    private let served = Atomic<Int>(0)
    private let generations = Generations()
    private let addressed = ServedPictures()

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
        let scheme = identity == nil ? "http" : "https"
        return try Listener(address: address, port: port, bodyLimit: Self.bodyLimit, identity: identity) { request in
            await self.answer(request, scheme: scheme)
        }
    }

    // MARK: requests

    private func answer(_ request: IncomingRequest, scheme: String) async -> Reply {
        if let reply = await options.intercept(request) { return reply }
        if request.method == "GET", request.path.hasPrefix(ServedPictures.prefix) { return await fetch(request) }
        let resource = request.method == "POST" ? Resource(request.path) : nil
        let contract = resource?.contract ?? .owner(of: request)
        guard !options.needsKey || contract.hasKey(request.headers) else {
            return refuse(ContractFault("no key was sent", .auth), contract, status: 401)
        }
        if request.method == "GET", let found = lookUp(request, contract) { return found }
        guard let resource else {
            return refuse(.unknownPath(request.method, request.path, contract), contract, status: 404)
        }
        let order: DrawOrder
        do throws(ContractFault) {
            order = try DrawOrder(request, resource)
        } catch {
            return refuse(error, contract)
        }
        return await fulfil(order, Origin(scheme: scheme, host: request.headers["host"] ?? "127.0.0.1"))
    }

    /// Models, and what became of an earlier request as OpenRouter tells it. Nothing of it is for the ledger.
    private func lookUp(_ request: IncomingRequest, _ contract: Contract) -> Reply? {
        var page = ModelList.page(of: request.path, contract).map { RefusalPage(status: 200, $0) }
        if request.path == Contract.generationPath {
            // Often asked before it is there.
            page =
                generations.answer(request.query).map { RefusalPage(status: 200, $0) }
                ?? RefusalPage(.modelNotFound, contract, message: "Generation not found")
        }
        return page.map { page in
            Reply(status: page.status, headers: contract.headers(id: nil), body: Array(page.body.compact.utf8))
        }
    }

    /// A picture that an answer gave the address of.
    private func fetch(_ request: IncomingRequest) async -> Reply {
        let (reply, fault) = addressed.fetch(request)
        options.note(
            .fields([
                "event": "fetched", "at": .integer(Monotonic.wall()), "status": .integer(reply.status),
                "has_key": .bool(Contract.allCases.contains { $0.hasKey(request.headers) }),
            ]))
        if let delay = fault?.delay { try? await Task.sleep(for: delay.duration) }
        guard fault?.isHanging == true else { return reply }
        try? await Task.sleep(for: Self.silence.duration)
        return Reply(status: 504, ending: .dropBeforeReply)
    }

    private func fulfil(_ order: DrawOrder, _ origin: Origin) async -> Reply {
        let id = (order.contract == .openRouter ? "gen-" : "sim-") + randomUUID()
        let number = served.add(1, ordering: .relaxed).newValue
        options.note(order.note(number: number, id: id, at: Monotonic.wall()))
        let rule = options.faults?.rule(for: order)
        let wait = options.latency.milliseconds + (rule?.wire.delay?.milliseconds ?? 0)
        if wait > 0 { try? await Task.sleep(for: .milliseconds(wait)) }
        if order.contract == .openRouter {
            let isBilled = rule?.isBilled ?? true
            generations.keep(id, cost: isBilled ? Answer.cost(of: order, pictures: order.count) : 0)
        }
        if let rule, rule.wire.isHanging {
            note(id, "silent", rule, pictures: 0)
            try? await Task.sleep(for: Self.silence.duration)
            return Reply(status: 504, ending: .dropBeforeReply)
        }
        if let rule, var reply = rule.reply(order, id: id) {
            let name = Contract.generationHeader
            if order.contract == .openRouter, !reply.headers.contains(where: { $0.0.lowercased() == name }) {
                reply.headers.append((name, id))
            }
            note(id, reply.ending == .whole ? "answered" : "cut", rule, status: reply.status, pictures: 0)
            return reply
        }
        return await draw(order, id, rule, origin)
    }

    /// The answer with pictures.
    private func draw(_ order: DrawOrder, _ id: String, _ rule: FaultRule?, _ origin: Origin) async -> Reply {
        var answer = Answer(order: order, pictures: [], id: id, created: Monotonic.wall() / 1000)
        let needsPadding = rule?.spoil == .base64Unpadded
        for index in 0..<order.count {
            guard let picture = try? await picture(order, index, needsPadding: needsPadding) else {
                note(id, "answered", nil, status: 500, pictures: 0)
                return refuse(ContractFault("the simulator could not draw", .serverError), order.contract)
            }
            answer.pictures.append(picture)
        }
        if let terms = rule?.address {
            answer.addresses = answer.pictures.map { picture in
                addressed.keep(
                    picture.bytes, type: order.format.mediaType, terms, scheme: origin.scheme, host: origin.host)
            }
        }
        let headers = order.contract.headers(id: id) + [("X-Darkroom-Simulated", "true")]
        var reply = Reply(status: 200, headers: headers)
        if let rule { reply = rule.reply(answer, headers: headers) } else { reply.pieces = answer.pieces }
        note(
            id, reply.ending == .whole ? "answered" : "cut", rule, status: reply.status, pictures: answer.pictures.count
        )
        return reply
    }

    // MARK: pictures

    private func picture(_ order: DrawOrder, _ index: Int, needsPadding: Bool) async throws -> DrawnPicture {
        guard options.isCached, !needsPadding else {
            return try await draw(order, index, needsPadding: needsPadding)
        }
        let kind = Kind(size: order.size, format: order.format, quality: order.compression)
        // A request that comes while its size is being drawn waits for that picture.
        let task = cache.withLock { cache in
            if let known = cache[kind] { return known }
            var plain = order
            plain.references = []
            plain.mask = nil
            let task = Task { [plain] in try await self.draw(plain, index, needsPadding: false) }
            cache[kind] = task
            return task
        }
        do {
            return try await task.value
        } catch {
            cache.withLock { $0[kind] = nil }
            throw error
        }
    }

    /// - Parameter needsPadding: whether the base64 of the picture has to end in padding.
    private func draw(_ order: DrawOrder, _ index: Int, needsPadding: Bool) async throws -> DrawnPicture {
        let picture = try await paint(order.picture(index))
        var marked = try mark(picture, order)
        for filler in ["_", "__", "___"] where needsPadding && marked.count % 3 == 0 {
            marked = try mark(picture, order, filler: filler)
        }
        return DrawnPicture(marked)
    }

    /// What is drawn says itself that no model drew it, whatever route it is fetched through.
    private func mark(_ picture: [UInt8], _ order: DrawOrder, filler: String = "") throws -> [UInt8] {
        let packet = XMPPacket(
            sourceType: .init(references: order.references.count), aiSystem: "Darkroom simulator" + filler,
            aiSystemVersion: order.model, generatorVersion: Product.version,
            created: Timestamp(milliseconds: Monotonic.wall()).description, documentID: randomUUID(), isSimulated: true)
        return try embed(packet, into: picture)
    }

    // MARK: the ledger

    /// What breaks its contract is answered by it, and never drawn.
    private func refuse(_ fault: ContractFault, _ contract: Contract, status: Int? = nil) -> Reply {
        let page = RefusalPage(
            fault.refusal, contract, message: fault.message, parameter: fault.parameter, code: fault.code)
        let status = status ?? page.status
        options.note(
            .fields([
                "event": "refused", "at": .integer(Monotonic.wall()), "provider": .string(contract.rawValue),
                "status": .integer(status), "why": .string(fault.message), "billed": false,
            ]))
        // Nothing was generated that OpenRouter could have a name for.
        let id = contract == .openRouter ? nil : "sim-" + randomUUID()
        return Reply(status: status, headers: contract.headers(id: id), body: Array(page.body.compact.utf8))
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

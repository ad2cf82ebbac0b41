import Digests
import Disk
package import Documents
package import Domain
package import HTTPServer
import Provenance
import Synchronization

/// A model service on this machine: the real contracts, real pictures, no model.
///
/// Speaks Microsoft MAI and the OpenAI Images API in the shape of gpt-image-2. What it draws says that it is simulated.
package final class ImageSimulator: Sendable {
    /// Draws a PNG: 32 bytes of seed, a size, and the references as they came in.
    package typealias Painter =
        @Sendable (_ seed: [UInt8], _ size: PixelSize, _ references: [[UInt8]]) async throws -> [UInt8]

    package struct Options: Sendable {
        package var latency: Span = .zero
        /// Draws each size once, and answers with that.
        package var isCached = false
        /// Told of every request that was accepted and so would have been billed.
        package var note: @Sendable (JSONValue) -> Void = { _ in }
        /// Sees every request before it is answered, and may answer in its place.
        package var intercept: @Sendable (IncomingRequest) async -> Reply? = { _ in nil }

        package init() {}
    }

    private let paint: Painter
    private let options: Options
    private let cache = Mutex<[PixelSize: [UInt8]]>([:])
    private let served = Atomic<Int>(0)

    package init(options: Options = Options(), paint: @escaping Painter) {
        self.options = options
        self.paint = paint
    }

    /// Largest request in bytes: sixteen references and a prompt.
    package static let bodyLimit = 256 << 20

    /// Starts listening; port 0 takes any free one.
    package func listen(address: String, port: UInt16) throws(ServerError) -> Listener {
        try Listener(address: address, port: port, bodyLimit: Self.bodyLimit) { request in
            await self.answer(request)
        }
    }

    // MARK: requests

    private func answer(_ request: IncomingRequest) async -> Reply {
        if let reply = await options.intercept(request) { return reply }
        guard request.method == "POST" else { return Self.fault(404, "not_found", "no such resource") }
        switch request.path {
        case "/v1/images/generations", "/openai/v1/images/generations":
            return await draw(request, .openAI, isEdit: false)
        case "/v1/images/edits", "/openai/v1/images/edits": return await draw(request, .openAI, isEdit: true)
        case "/mai/v1/images/generations": return await draw(request, .mai, isEdit: false)
        case "/mai/v1/images/edits": return await draw(request, .mai, isEdit: true)
        default: return Self.fault(404, "not_found", "no such resource")
        }
    }

    private func draw(_ request: IncomingRequest, _ contract: Contract, isEdit: Bool) async -> Reply {
        let order: DrawOrder
        do throws(ContractFault) {
            order = try isEdit ? DrawOrder(form: request, contract) : DrawOrder(json: request, contract)
        } catch {
            return Self.fault(error.status, error.code, error.message, parameter: error.parameter)
        }
        let number = served.add(1, ordering: .relaxed).newValue
        options.note(order.note(number: number))
        if options.latency > .zero { try? await Task.sleep(for: options.latency.duration) }
        var pictures: [[UInt8]] = []
        for index in 0..<order.count {
            guard let picture = try? await picture(order, index) else {
                return Self.fault(500, "server_error", "the simulator could not draw")
            }
            pictures.append(picture)
        }
        return Reply(
            status: 200,
            headers: [
                ("Content-Type", "application/json"), (contract.requestIDHeader, "sim-" + randomUUID()),
                ("X-Darkroom-Simulated", "true"),
            ], body: contract.body(order, pictures))
    }

    private func picture(_ order: DrawOrder, _ index: Int) async throws -> [UInt8] {
        if options.isCached, let known = cache.withLock({ $0[order.size] }) { return known }
        let seed = SHA256Digest.of(Array(order.prompt.utf8) + [UInt8(truncatingIfNeeded: index)])
        let picture = try await mark(paint(seed, order.size, options.isCached ? [] : order.references), order)
        if options.isCached { cache.withLock { $0[order.size] = picture } }
        return picture
    }

    /// What is drawn says itself that no model drew it, whatever route it is fetched through.
    private func mark(_ picture: [UInt8], _ order: DrawOrder) throws -> [UInt8] {
        let packet = XMPPacket(
            sourceType: .init(references: order.references.count), aiSystem: "Darkroom simulator",
            aiSystemVersion: order.model, generatorVersion: Product.version,
            created: Timestamp(milliseconds: Monotonic.wall()).description, documentID: randomUUID(), isSimulated: true)
        return try embed(packet, into: picture)
    }

    /// An error in the shape that both contracts share.
    static func fault(_ status: Int, _ code: String, _ message: String, parameter: String? = nil) -> Reply {
        let body = JSONValue.fields([
            "error": .fields([
                "code": .string(code), "message": .string(message), "type": "image_generation_user_error",
                "param": .text(parameter),
            ])
        ])
        return Reply(
            status: status, headers: [("Content-Type", "application/json")], body: Array(body.compact.utf8))
    }
}

import Domain
import Ledger
import Providers
import Settings
import Synchronization
import Transport
import Vault

/// Pictures that an answer names by their address. The answer is sealed and durable by then, so that a picture which cannot be
/// fetched now is fetched later, also after a restart, until the job's inputs are deleted.
extension Calls {
    enum Fetched {
        /// The rows that make it the output's original.
        case picture([Change])
        case wait(End)
        /// There is no picture to be had.
        case none(Oddity)
    }

    private static let shortestWait = Span.seconds(2)
    private static let longestWait = Span.minutes(15)
    private static let timeout = Duration.seconds(120)
    private static let connectTimeout = Duration.seconds(20)

    /// Fetches the first picture of `image` that the route may fetch.
    func fetched(
        _ image: ImageAnswer, of answer: String, _ effect: EffectRecord, _ output: OutputRecord
    ) async throws -> Fetched {
        let urls = image.pictures.compactMap { picture in if case .url(let url) = picture { url } else { nil } }
        if urls.isEmpty { return .none(.noPicture) }
        guard let endpoint = shop.routes.adapter(of: route.name)?.endpoint else { return .none(.url) }
        let allowed = urls.compactMap { PictureAddress($0) }.filter { $0.isAllowed(by: route, endpoint: endpoint) }
        guard let address = allowed.first else { return .none(.url) }
        // From here on a crash is no sign that the answer cannot be read.
        var read = effect
        read.callClass = CallClass.success.rawValue
        if effect.callClass == nil { try await shop.ledger.write(job.hold, nil, [.effect(read)]) }
        if let bytes = await download(address, endpoint: endpoint),
            let rows = try await original(bytes, model: image.model, of: answer, output: output.index)
        {
            return .picture(rows)
        }
        let now = try await shop.ledger.now()
        // Each wait is as long as all before it together.
        let waited = now.since(effect.endedAt ?? effect.sentAt)
        let wait = min(max(waited, Self.shortestWait), Self.longestWait)
        guard now.after(wait) < job.inputsDeleteBy else { return .none(.lostURL) }
        let reason = Reason(
            .notSent, "the picture of a paid answer could not be fetched from its address yet",
            hint: "it is tried again until the inputs are deleted; check that the hosts of accept_urls can be reached")
        return .wait(.wait(wait, reason))
    }

    /// The bytes at the address; nil where there are none now. No key goes with the request, and each redirect stays within the list.
    private func download(_ first: PictureAddress, endpoint: String) async -> [UInt8]? {
        var address = first
        for _ in 0...PictureAddress.mostRedirects {
            var request = OutgoingRequest(
                method: "GET", url: address.text, connectTimeout: Self.connectTimeout, totalTimeout: Self.timeout,
                responseLimit: SharedContract.answerLimit)
            request.reachableAddresses = route.acceptURLs ?? []
            let body = Received()
            let result = await unsafe shop.client.exchange(request) { bytes in unsafe body.take(bytes) }
            guard case .answered(let head) = result else { return nil }
            if head.status == 200 { return body.all }
            guard [301, 302, 303, 307, 308].contains(head.status), let location = head.headers["location"],
                let next = address.redirected(to: location), next.isAllowed(by: route, endpoint: endpoint)
            else { return nil }
            address = next
        }
        return nil
    }
}

/// A body in memory.
final class Received: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var all: [UInt8] { bytes.withLock { $0 } }
    func take(_ more: UnsafeRawBufferPointer) { bytes.withLock { unsafe $0.append(contentsOf: more) } }
}

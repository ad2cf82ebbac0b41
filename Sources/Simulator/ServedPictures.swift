import Digests
import Disk
import Documents
import Domain
import HTTPServer
import Synchronization

/// What a fault script says of a picture that an answer names the address of.
struct ServedAddress: Sendable {
    /// Stands in the address in place of the name that the request was sent to; without a port it keeps that of the request.
    var host: String?
    /// How often a fetch is sent on before the picture comes.
    var redirects = 0
    /// How many fetches meet `fault`; nil for all.
    var times: Int?
    /// What becomes of a fetch.
    var fault: WireFault?

    init(_ fields: FieldReader) {
        host = fields.read("host", expecting: "a name or an address, with or without a port") { value in
            value.string.flatMap { $0.isEmpty || $0.contains("/") ? nil : $0 }
        }
        redirects = fields.int("redirects", in: 0...20) ?? 0
        times = fields.int("times", in: 1...1_000_000)
        if let answer = fields.object("answer") {
            fault = WireFault(answer)
            fields.adopt(answer.finish())
        } else if times != nil {
            fields.fail("times", "is for answer", hint: "add answer")
        }
    }
}

/// Pictures that answers give the address of, at a path that the simulator itself serves.
///
/// As with the services' own such addresses, whoever has one may fetch: no key is asked for, and only the whole address works.
final class ServedPictures: Sendable {
    static let prefix = "/pictures/"

    private struct Picture {
        let bytes: [UInt8]
        let type: String
        let signature: String
        let terms: ServedAddress
        var fetches = 0
    }

    private struct Kept {
        var pictures: [String: Picture] = [:]
        /// In order of their making.
        var ids: [String] = []
    }

    private let kept = Mutex(Kept())

    /// Most pictures that are kept; the oldest go first.
    private static let most = 64

    /// Keeps a picture and gives its address.
    ///
    /// - Parameters:
    ///   - scheme: `http` or `https`.
    ///   - host: the name and port that the request was sent to.
    func keep(_ bytes: [UInt8], type: String, _ terms: ServedAddress, scheme: String, host: String) -> String {
        let (id, signature) = (randomUUID(), randomUUID())
        kept.withLock { kept in
            kept.pictures[id] = Picture(bytes: bytes, type: type, signature: signature, terms: terms)
            kept.ids.append(id)
            if kept.ids.count > Self.most { kept.pictures[kept.ids.removeFirst()] = nil }
        }
        return "\(scheme)://\(Self.place(terms.host, host))" + Self.path(id, signature, hops: terms.redirects)
    }

    private static func path(_ id: String, _ signature: String, hops: Int) -> String {
        "\(prefix)\(id)?sig=\(signature)" + (hops > 0 ? "&hops=\(hops)" : "")
    }

    private static func place(_ asked: String?, _ host: String) -> String {
        guard let asked else { return host }
        let hasPort = asked.hasPrefix("[") ? asked.contains("]:") : asked.contains(":")
        guard !hasPort, let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") else { return asked }
        return asked + host[colon...]
    }

    /// What one fetch is answered with, and how long that takes; no fault is left where it is the picture.
    func fetch(_ request: IncomingRequest) -> (reply: Reply, fault: WireFault?) {
        let id = String(request.path.dropFirst(Self.prefix.count))
        let query = (request.query ?? "").split(separator: "&")
        func value(_ name: String) -> Substring? {
            query.first { $0.hasPrefix(name + "=") }?.dropFirst(name.utf8.count + 1)
        }
        return kept.withLock { kept in
            guard var picture = kept.pictures[id] else { return (Reply(status: 404), nil) }
            guard value("sig").map(String.init) == picture.signature else { return (Reply(status: 403), nil) }
            if let hops = value("hops").flatMap({ Int($0) }), (1...20).contains(hops) {
                let next = Self.path(id, picture.signature, hops: hops - 1)
                return (Reply(status: 302, headers: [("Location", next)]), nil)
            }
            picture.fetches += 1
            kept.pictures[id] = picture
            let whole = Reply(status: 200, headers: [("Content-Type", picture.type)], body: picture.bytes)
            guard let fault = picture.terms.fault, picture.fetches <= picture.terms.times ?? .max else {
                return (whole, nil)
            }
            var reply = fault.reply(type: "text/plain") ?? whole
            reply.status = fault.status ?? reply.status
            return (fault.spoil(reply), fault)
        }
    }
}

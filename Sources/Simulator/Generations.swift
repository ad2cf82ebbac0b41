import Documents
import HTTPServer
import Synchronization

/// What OpenRouter's `GET /api/v1/generation` tells of earlier requests.
final class Generations: Sendable {
    private struct Kept {
        var costs: [String: Int] = [:]
        /// In order of their coming.
        var ids: [String] = []
    }

    private let kept = Mutex(Kept())

    /// Most generations that are remembered; the oldest are forgotten first, many at a time.
    private static let most = 100_000

    /// - Parameter cost: micro-dollars; 0 for one that came to nothing.
    func keep(_ id: String, cost: Int) {
        kept.withLock { kept in
            if kept.ids.count >= Self.most {
                for old in kept.ids.prefix(Self.most / 2) { kept.costs[old] = nil }
                kept.ids.removeFirst(Self.most / 2)
            }
            if kept.costs.updateValue(cost, forKey: id) == nil { kept.ids.append(id) }
        }
    }

    /// The answer to a look-up, or nil where no such generation is known.
    func answer(_ query: String?) -> JSONValue? {
        guard let query, query.hasPrefix("id=") else { return nil }
        let id = String(query.dropFirst(3))
        guard let cost = kept.withLock({ $0.costs[id] }) else { return nil }
        let isFree = cost == 0
        return .fields([
            "data": .fields([
                "id": .string(id), "total_cost": .number(Answer.dollars(micro: cost)), "cancelled": .bool(isFree),
                "finish_reason": isFree ? "error" : "stop", "num_media_completion": isFree ? 0 : 1, "is_byok": false,
                "api_type": "images",
            ])
        ])
    }
}

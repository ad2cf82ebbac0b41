import Disk
import Domain
import Policies
import Settings

extension Checkup {
    /// Rows of the register that a route goes by, in the order of their names.
    var receivers: [Processor] {
        Set(routes.map { $0.processor ?? $0.provider.rawValue }).sorted().compactMap { configuration.processors[$0] }
    }

    /// Of each row who it is, what it gets, and what becomes of that there.
    func processorFindings() -> [Finding] { receivers.flatMap { [words(of: $0)] + gaps(of: $0) } }

    private func routes(of row: Processor) -> [Route] {
        routes.filter { configuration.processor(of: $0)?.name == row.name }
    }

    private func words(of row: Processor) -> Finding {
        let terms = row.terms
        let place =
            terms.regions == [Region.local]
            ? "it stays here"
            : "it is processed in \(terms.regions.isEmpty ? "places that are not known" : row.terms.regionWords)"
        let kept =
            switch terms.retention {
            case .nothing: "kept not at all"
            case .atMost: "kept for \(terms.retention) at most"
            case .unknown: "kept for a time that is not known"
            }
        let training =
            switch terms.training {
            case .never: "not trained on"
            case .may: "trained on, perhaps"
            case .unknown: "trained on or not, which is not known"
            }
        let names = routes(of: row).map(\.name).joined(separator: ", ")
        let what = row.categories.map(\.rawValue).joined(separator: ", ")
        let more = [row.agreement.map { "agreement: \($0)" }, row.source].compactMap { $0 }.joined(separator: "; ")
        return .ok(
            "processors.\(row.name)",
            "\(row.legalName) (\(names)) \(row.purpose), and gets \(what): \(place), \(kept), \(training)"
                + (more.isEmpty ? "" : " (\(more))"))
    }

    /// What keeps jobs from it, or will.
    private func gaps(of row: Processor) -> [Finding] {
        var findings: [Finding] = []
        func add(_ key: String, _ message: String, remedy: String) {
            let isTheWay = routes(of: row).contains { $0.name == configuration.defaultRoute }
            findings.append(
                Finding(
                    name: "processors.\(row.name).\(key)", level: isTheWay ? .error : .warning, message: message,
                    remedy: remedy))
        }
        let today = String(Timestamp(milliseconds: Monotonic.wall()).description.prefix(10))
        if let from = row.from, from > today {
            add("from", "holds from \(from): until then no job is sent", remedy: "use another route until then")
        }
        let policy = configuration.policy
        let contract = "write what your contract says into processors.\(row.name), or use another route"
        if let shortfall = policy.demand.shortfall(of: row.terms) {
            let (key, asked) =
                switch shortfall {
                case .regions(let asked): ("regions", "allowed_regions \(asked)")
                case .retention(let asked): ("retention", "provider_retention \(asked)")
                }
            add(key, "the policy \(policy.id) says \(asked): no job is sent", remedy: contract)
        }
        if let training = policy.training, !training.allows(row.terms.training) {
            add("training", "the policy \(policy.id) lets nobody train: no job is sent", remedy: contract)
        }
        return findings
    }

    /// What keeps the promise that nobody trains on what people hand in.
    var training: Kept {
        let rows = receivers.filter { $0.terms.training != .never }
        let asked = rows.filter { $0.terms.training == .unknown }.map(\.name)
        if !asked.isEmpty {
            return .not(
                "nothing establishes it of \(asked.joined(separator: ", "))",
                remedy: "write what your contract says into processors, training: \"never\"")
        }
        let barred = rows.map(\.name)
        guard barred.isEmpty else {
            return .by("nothing is sent to \(barred.joined(separator: ", ")), which may train")
        }
        return .by(paysAnybody ? "the rows of all services say so" : "nothing leaves this machine")
    }
}

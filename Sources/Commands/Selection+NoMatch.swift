import Daemon
import Documents
import Domain
import Ledger
import Settings
import Spool

extension Selection {
    /// Filters that found nothing: a batch that nobody knows is an error, anything else is a remark.
    struct NoMatch {
        private let selection: Selection
        private let filter: JobFilter
        private let stores: Stores

        init(_ selection: Selection, _ filter: JobFilter, _ stores: Stores) {
            self.selection = selection
            self.filter = filter
            self.stores = stores
        }

        func say() async throws(CommandError) {
            try await checkBatch()
            var text = "nothing to \(selection.invocation.verb.name): "
            let wider = try await selection.completed(selection.filter(), stores.ledger)
            let fit = ((try? await stores.ledger.counts(of: wider)) ?? [:]).values.reduce(0, +)
            let jobs = fit == 1 ? "1 job" : "\(fit) jobs"
            text += fit == 0 ? "no job fits" : "the filters fit \(jobs), and there is nothing to do for any"
            let routes = stores.configuration.routes.keys
            if let route = filter.route, !routes.contains(route) {
                text += "; the configuration has no route \(JSONParser.shown(route))"
                if let nearest = NearestName.of(route, among: routes.sorted()) { text += ", did you mean \(nearest)?" }
            }
            Console.remark(text)
        }

        /// Refuses a batch that is neither known nor on its way.
        func checkBatch() async throws(CommandError) {
            guard let batch = filter.batch else { return }
            let ledger = stores.ledger
            let known = try await JobListing.read { () throws(LedgerError) in try await ledger.batches(named: batch) }
            guard known.isEmpty, !UnreadLines(of: batch, stores.spool).isOnItsWay else { return }
            let all = try await JobListing.read { () throws(LedgerError) in try await ledger.batches(named: nil) }
            let nearest = NearestName.of(batch, among: Array(Set(all.map(\.name))).sorted())
            throw CommandError(
                .notAllWell, "there is no batch \(JSONParser.shown(batch))",
                hint: nearest.map { "did you mean \($0)?" } ?? "darkroom jobs --json names the batch of each job")
        }
    }
}

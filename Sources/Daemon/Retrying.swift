import Documents
import Domain
package import Ledger
package import Outcomes
import Providers
package import Settings
import Vault

/// What running a job again takes, for the person who decides about it.
extension Stores {
    /// Runs a failed job, or what a partial one lacks, again on another route. Nothing changes where that route cannot take it.
    package func retry(_ id: String, on route: Route) async throws(Reopener.Refusal) {
        guard let job = try await onLedger({ () throws(LedgerError) in try await ledger.job(id) }) else {
            throw .unknown
        }
        if var spec = await spec(of: job) {
            spec.model = route.name
            do throws(Reason) { _ = try configuration.examine(spec) } catch { throw .unfit(error) }
        }
        // Of a job whose prompt cannot be read, the reopener says why.
        for blob in try await reopener.retry(id, on: route.name) { try? await blobs.destroy(blob.id) }
    }

    /// What calls for the outputs that a job lacks would cost by estimate, in micro-dollars; nil where its inputs are deleted or
    /// the configuration has no such route any more.
    ///
    /// - Parameter route: the route that is to be asked instead of its own.
    package func estimate(of job: JobRecord, on route: Route? = nil) async -> Int64? {
        guard let spec = await spec(of: job), let blobs = try? await ledger.blobs(of: job.id),
            let outputs = try? await ledger.outputs(of: job.id), let effects = try? await ledger.effects(of: job.id)
        else { return nil }
        var sum: Int64 = 0
        for output in outputs where !blobs.contains(where: { $0.kind == .original && $0.position == output.index }) {
            // An answer that came and was set aside is read once more, for nothing.
            if job.state == .held, effects.last(where: { $0.output == output.index })?.state == .answered { continue }
            // A retry begins at the job's own route; what is released goes on where it is.
            let name = job.state == .held ? output.route(of: job) : job.route
            guard let asked = route ?? configuration.routes[name] else { return nil }
            guard let plan = try? CallPlan(spec, on: asked, references: job.referenceSizes) else { continue }
            let (next, isTooMuch) = sum.addingReportingOverflow(max(0, plan.estimate))
            sum = isTooMuch ? .max : next
        }
        return sum
    }

    /// Nil where it cannot be read any more.
    private func spec(of job: JobRecord) async -> JobSpec? {
        guard job.inputsDeletedAt == nil, let id = job.specBlob, let bytes = try? await blobs.get(id, limit: 8 << 20),
            let document = try? JSONParser.parse(bytes)
        else { return nil }
        return JobSpec(stored: document)
    }

    private func onLedger<Value>(
        _ work: () async throws(LedgerError) -> Value
    ) async throws(Reopener.Refusal) -> Value {
        do throws(LedgerError) { return try await work() } catch { throw .ledger(error) }
    }
}

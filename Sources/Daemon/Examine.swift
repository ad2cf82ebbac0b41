package import Domain
import Policies
package import Providers
package import Settings

extension Configuration {
    /// Looks at a job before it is taken: its route, whether the model can do it, and whether it fits the budget.
    package func examine(_ spec: JobSpec, references: [PixelSize] = []) throws(Reason) -> (route: Route, plan: CallPlan)
    {
        guard let route = route(spec.model) else {
            throw Reason(
                .unsupportedParameter, "the configuration has no such route", field: "model",
                hint: "one of " + routes.keys.sorted().joined(separator: ", "))
        }
        try policy.check(spec, outputs: retainOutputs)
        _ = try policy.creditsPerOutput(of: spec)
        let plan = try CallPlan(spec, on: route, references: references)
        // What the model cannot do is said first: no other receiver would change that.
        try checkReceiver(of: route, for: spec)
        let cost = plan.estimate * Int64(spec.count)
        if let most = budgetPerJob, cost > most {
            throw Reason(
                .overBudget, "the job may cost more than budget.per_job allows", limit: Money.text(most),
                value: Money.text(cost), hint: "ask for less, or raise the budget")
        }
        return (route, plan)
    }
}

package import Domain

/// What a policy takes from subjects for pictures.
package struct CreditRules: Sendable, Equatable {
    /// Credits that one delivered output costs.
    package enum Price: Sendable, Equatable {
        case same(Int64)
        /// By the plan that a job names.
        case byPlan([String: Int64])
    }

    package var perOutput: Price
    /// How long credits can be used after they are given; nil for ever.
    package var expire: Span?

    package init(perOutput: Price, expire: Span? = nil) {
        self.perOutput = perOutput
        self.expire = expire
    }

    package static let mostPerOutput = 1_000_000
}

extension Policy {
    /// Credits that each output of a job that passed `check` costs, 0 where none are used; refuses one that does not say whose they
    /// are.
    package func creditsPerOutput(of spec: JobSpec) throws(Reason) -> Int64 {
        guard let credits else { return 0 }
        if spec.subject == nil {
            throw Reason(
                .invalidManifest, "the policy takes credits, and the job names no subject to take them from",
                field: "subject", hint: "say whose job it is")
        }
        switch credits.perOutput {
        case .same(let price): return price
        // `check` let no other plan through.
        case .byPlan(let prices): return spec.plan.flatMap { prices[$0] } ?? 0
        }
    }
}

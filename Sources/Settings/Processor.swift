import Disk
package import Domain
import Policies

/// One row of the register of processors: who receives data of jobs, what of it, where, for how long, and what else is done with
/// it. One row a provider account; a route without one does not exist.
package struct Processor: Sendable, Equatable {
    /// Kinds of data that a request can carry.
    package enum Category: String, Sendable, CaseIterable {
        case prompt
        /// Size, quality and the provider's own fields.
        case parameters
        case references, mask
        /// A hash that tells one subject from another, and nothing else.
        case subjectPseudonym = "subject_pseudonym"

        /// What every request carries.
        package static let always: [Category] = [.prompt, .parameters]
    }

    package var name: String
    /// Who that is, as the contract with it says.
    package var legalName: String
    package var purpose = Self.usualPurpose
    package var categories: [Category] = [.prompt, .parameters, .references, .mask]
    /// Where it may be reached besides loopback addresses, in small letters.
    package var hosts: [String] = []
    package var terms = ProcessorTerms()
    /// What the contract on the processing of personal data goes by.
    package var agreement: String?
    /// The day from which the row holds, `2026-01-31`; nil: it does already.
    package var from: String?
    /// Where all this is said.
    package var source: String?

    package init(name: String, legalName: String) {
        self.name = name
        self.legalName = legalName
    }

    package static let usualPurpose = "makes pictures from prompts and references"

    /// Whether requests may go to that base URL.
    package func allows(endpoint: String) -> Bool {
        guard let host = Self.host(of: endpoint) else { return false }
        return Self.isLoopback(host) || hosts.contains(host)
    }

    /// The host of a base URL, in small letters; nil where it names none.
    package static func host(of endpoint: String) -> String? {
        guard let scheme = endpoint.firstRange(of: "://") else { return nil }
        let place = endpoint[scheme.upperBound...].prefix { $0 != "/" }
        let host = place.hasPrefix("[") ? place.prefix { $0 != "]" } + "]" : place.prefix { $0 != ":" }
        return host.isEmpty ? nil : host.lowercased()
    }

    package static func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "localhost", "[::1]"].contains(host) }
}

extension Processor {
    /// What is known of a provider where the configuration has no row of its own: public terms as of 21 November 2026, and `unknown`
    /// wherever nothing establishes more.
    package static func builtIn(_ provider: Route.Provider) -> Processor {
        let (legalName, terms, source) = facts(provider)
        var row = Processor(name: provider.rawValue, legalName: legalName)
        row.terms = terms
        row.source = source
        row.hosts = provider.publicEndpoint.flatMap(host).map { [$0] } ?? []
        switch provider {
        case .openAI, .azureOpenAI, .simulator: row.categories.append(.subjectPseudonym)
        case .googleGemini, .openRouter, .microsoftMAI: row.categories.removeAll { $0 == .mask }
        }
        if provider == .simulator { row.purpose = "draws pictures for trials" }
        return row
    }

    private static func facts(_ provider: Route.Provider) -> (String, ProcessorTerms, String) {
        switch provider {
        case .openAI:
            (
                "OpenAI", ProcessorTerms(retention: .atMost(.hours(24 * 30)), training: .never),
                "developers.openai.com/docs/guides/your-data: no training unless you ask for it; logs against abuse for up "
                    + "to 30 days, longer where law or safety needs it, unless zero retention was approved"
            )
        case .azureOpenAI:
            (
                "Microsoft", ProcessorTerms(retention: .atMost(.hours(24 * 30)), training: .never),
                "Azure's terms for models that it sells itself: no training without leave; samples are kept for up to 30 "
                    + "days against abuse, unless modified monitoring was approved"
            )
        case .microsoftMAI:
            (
                "Microsoft", ProcessorTerms(),
                "no public terms name the MAI models; of others that Azure sells itself they say: no training, samples "
                    + "for up to 30 days against abuse. Your contract has to say it"
            )
        case .googleGemini:
            (
                "Google", ProcessorTerms(),
                "ai.google.dev/gemini-api/terms: paid accounts are not trained on, others may be and people may read them; "
                    + "logs against abuse for a limited time. Each request says store: false"
            )
        case .openRouter:
            (
                "OpenRouter", ProcessorTerms(),
                "openrouter.ai/docs/guides/privacy: it hands requests on to services with terms of their own; each "
                    + "request says data_collection: deny"
            )
        case .simulator:
            (
                "this machine",
                ProcessorTerms(regions: [Region.local], retention: .nothing, training: .never),
                "nothing leaves this machine"
            )
        }
    }
}

extension Configuration {
    /// The row of a route; nil where there is none, and then the route is not to be used.
    package func processor(of route: Route) -> Processor? { processors[route.processor ?? route.provider.rawValue] }

    /// Refuses a job whose data may not go to the service of `route`: by what the job requires, by the policy, or by what the
    /// service's row names.
    package func checkReceiver(of route: Route, for spec: JobSpec) throws(Reason) {
        guard let row = processor(of: route) else {
            throw Reason(.policyForbids, "no row of the register says who gets the data", field: "model")
        }
        try Self.check(spec.require, row, field: ("require.regions", "require.provider_retention"))
        try Self.check(policy.demand, row, field: ("policy.allowed_regions", "policy.provider_retention"))
        if let training = policy.training, !training.allows(row.terms.training) {
            throw Reason(
                .policyForbids, "the policy \(policy.id) lets nobody train on what people hand in",
                field: "policy.training", limit: "never", value: row.terms.training.rawValue, hint: Self.advice(row))
        }
        if let from = row.from, from > String(Timestamp(milliseconds: Monotonic.wall()).description.prefix(10)) {
            throw Reason(
                .policyForbids, "the agreement with the service of this model does not hold yet",
                field: "processors.\(row.name).from", value: from, hint: "choose another model until then")
        }
        for (category, isAsked) in [(.references, spec.referenceCount > 0), (.mask, spec.hasMask)]
            as [(Processor.Category, Bool)] where isAsked && !row.categories.contains(category)
        {
            throw Reason(
                .policyForbids, "the service of this model is to get none of these", field: category.rawValue,
                hint: "choose another model, or name them in processors.\(row.name).categories")
        }
    }

    private static func check(
        _ demand: ProcessorDemand, _ row: Processor, field: (regions: String, retention: String)
    ) throws(Reason) {
        switch demand.shortfall(of: row.terms) {
        case nil: return
        case .regions(let asked):
            throw Reason(
                .policyForbids, "the data would be processed elsewhere than is allowed", field: field.regions,
                limit: asked, value: row.terms.regionWords, hint: advice(row))
        case .retention(let asked):
            throw Reason(
                .policyForbids, "the service of this model may keep the data for longer than is allowed",
                field: field.retention, limit: asked, value: row.terms.retention.description, hint: advice(row))
        }
    }

    private static func advice(_ row: Processor) -> String {
        "choose another model; what your contract says of this one belongs into processors.\(row.name)"
    }
}

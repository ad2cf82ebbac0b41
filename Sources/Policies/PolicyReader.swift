import Disk
package import Documents
import Domain

/// Reads the file of a policy, section by section; every fault is noted under `policy`.
package struct PolicyReader {
    private let fields: FieldReader

    private init(_ document: JSONValue) {
        fields = FieldReader(document, at: "policy")
    }

    /// Largest file that is read, bytes.
    private static let largest = 1 << 20

    /// The policy of the file at `path`, with what is wrong with it.
    package static func read(file path: String) -> (policy: Policy, faults: [FieldFault]) {
        func fault(_ message: String) -> (Policy, [FieldFault]) {
            (Policy(), [FieldFault(path: "policy", message: message)])
        }
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(Files.absolute(path) ?? path, limit: largest)
        } catch {
            return fault("\(path) cannot be read: \(DiskError.text(of: error.code))")
        }
        guard let bytes else { return fault("\(path) is larger than 1 MB") }
        do throws(JSONError) {
            let reader = PolicyReader(try JSONParser.parse(bytes, .relaxed))
            var policy = reader.policy()
            policy.source = path
            return (policy, reader.fields.finish())
        } catch {
            return fault("\(path): \(error.description)")
        }
    }

    private func policy() -> Policy {
        var policy = base()
        if let id = fields.string("id") {
            policy.id = id
            if !JobName.isValidID(id) { fields.fail("id", "is no name", hint: "[A-Za-z0-9._-]{1,100}") }
            if Policy.names.contains(id) { fields.fail("id", "is the name of a policy that Darkroom brings") }
        } else if !fields.has("id") {
            fields.fail("id", "is missing", hint: "the name that jobs are stamped with")
        }
        readTerms(into: &policy)
        policy.credits = credits() ?? policy.credits
        readPlans(into: &policy)
        return policy
    }

    /// What holds where the file says nothing else.
    private func base() -> Policy {
        let name = fields.read("extends", expecting: "one of " + Policy.names.joined(separator: ", ")) { value in
            value.string.flatMap { Policy.brought($0) }
        }
        return name ?? Policy()
    }

    private func readTerms(into policy: inout Policy) {
        if let inputs = span(fields, "inputs") {
            policy.inputs = inputs
            if inputs > Policy.mostForInputs {
                fields.fail("inputs", "is longer than 24h", hint: "inputs are never kept longer than a day")
            }
        }
        if fields.has("outputs") { policy.outputs = fields.value("outputs") == "keep" ? nil : span(fields, "outputs") }
        policy.maySave = fields.bool("save") ?? policy.maySave
        readDemand(into: &policy)
        policy.mayShow = fields.bool("gallery") ?? policy.mayShow
        policy.mayProtect = fields.bool("protect") ?? policy.mayProtect
        readStatistics(into: &policy)
        if fields.has("history") {
            policy.history =
                fields.value("history") == "none"
                ? nil
                : fields.read("history", expecting: "none, account or a duration such as \"90d\"") { value in
                    value.string.flatMap { HistoryTerm($0) }
                }
        }
        guard let names = fields.value("attestations") else { return }
        guard let list = names.array?.map(\.string), list.allSatisfy({ $0.map(JobName.isAttestation) ?? false }) else {
            return fields.fail("attestations", "is no list of names", hint: "[\"rights_in_inputs\"]: [a-z0-9_]{1,64}")
        }
        policy.attestations = list.compactMap { $0 }
    }

    private func readDemand(into policy: inout Policy) {
        policy.demand.regions =
            fields.read("allowed_regions", expecting: "a list of names such as [\"eu\"], [A-Za-z0-9-]{1,32}") { value in
                ProcessorDemand.regions(value)
            } ?? policy.demand.regions
        policy.demand.retention =
            fields.read("provider_retention", expecting: "\"none\", or a duration such as \"30d\"") { value in
                value.string.flatMap { KeptFor(limit: $0) }
            } ?? policy.demand.retention
        let training = fields.read("training", expecting: "\"never\"") { value -> TrainingRule? in
            value == "never" ? .never : nil
        }
        policy.training = training ?? policy.training
    }

    private func readPlans(into policy: inout Policy) {
        if let section = fields.object("plans") {
            policy.plans = [:]
            for name in section.keys {
                if !JobName.isValidID(name) { section.fail(name, "is no plan's name", hint: "[A-Za-z0-9._-]{1,100}") }
                guard let plan = section.object(name) else { continue }
                policy.plans[name] = terms(plan, name, policy)
                section.adopt(plan.finish())
            }
            if section.keys.isEmpty { fields.fail("plans", "names no plan") }
            fields.adopt(section.finish())
        }
        guard !policy.plans.isEmpty, case .byPlan(let prices)? = policy.credits?.perOutput else { return }
        if Set(prices.keys) != Set(policy.plans.keys) {
            fields.fail("plans", "are others than those of credits.per_output", hint: "there is one list of plans")
        }
    }

    private func terms(_ section: FieldReader, _ name: String, _ policy: Policy) -> PlanTerms {
        var terms = PlanTerms(name: name)
        terms.age = span(section, "outputs")
        if let age = terms.age, let most = policy.outputs, age > most {
            section.fail("outputs", "is longer than the policy's \(most)")
        }
        terms.count = section.int("count", in: 1...1_000_000)
        terms.bytes = section.read("bytes", expecting: "a size such as \"1GB\"") { value in
            value.string.flatMap { ByteCount(text: $0) }.flatMap { $0.bytes > 0 ? Int64($0.bytes) : nil }
        }
        terms.notice = span(section, "notice") ?? terms.notice
        if terms.notice > PlanTerms.mostNotice { section.fail("notice", "is longer than \(PlanTerms.mostNotice)") }
        return terms
    }

    private func readStatistics(into policy: inout Policy) {
        guard let value = fields.value("statistics") else { return }
        guard value.members != nil else {
            policy.statistics = nil
            if value != "off" { fields.fail("statistics", "is neither \"off\" nor { k: 50 }") }
            return
        }
        guard let section = fields.object("statistics") else { return }
        policy.statistics = section.int("k", in: Anonymity.floor...1_000_000) ?? Anonymity.usual
        fields.adopt(section.finish())
    }

    private func span(_ section: FieldReader, _ key: String) -> Span? {
        section.read(key, expecting: "a duration such as \"24h\"") { $0.string.flatMap { Span($0) } }
    }

    private func credits() -> CreditRules? {
        guard let section = fields.object("credits") else { return nil }
        var rules = CreditRules(perOutput: .same(1))
        let price = section.value("per_output")
        if price == nil {
            section.fail("per_output", "is missing", hint: "how many credits a delivered output costs")
        } else if price?.members == nil {
            section.int("per_output", in: 1...CreditRules.mostPerOutput).map { rules.perOutput = .same(Int64($0)) }
        } else if let plans = section.object("per_output") {
            rules.perOutput = .byPlan(prices(plans))
            section.adopt(plans.finish())
        }
        rules.expire = section.read("expire", expecting: "a duration such as \"365d\"") { value in
            value.string.flatMap { Span($0) }.flatMap { $0 > .zero ? $0 : nil }
        }
        fields.adopt(section.finish())
        return rules
    }

    /// What each plan pays; one may pay nothing.
    private func prices(_ plans: FieldReader) -> [String: Int64] {
        var prices: [String: Int64] = [:]
        for plan in plans.keys {
            if !JobName.isValidID(plan) { plans.fail(plan, "is no plan's name", hint: "[A-Za-z0-9._-]{1,100}") }
            prices[plan] = plans.int(plan, in: 0...CreditRules.mostPerOutput).map(Int64.init)
        }
        if prices.isEmpty, plans.faults.isEmpty { fields.fail("credits.per_output", "names no plan") }
        return prices
    }
}

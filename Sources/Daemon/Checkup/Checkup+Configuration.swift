import Domain
import Policies
import Settings

extension Checkup {
    func configurationFindings() -> [Finding] {
        [source, defaultRoute, policy, budget] + denyList + templates + hooks
    }

    private var source: Finding {
        .ok(
            "configuration.file",
            configuration.source.map { "\($0) was read" } ?? "there is no configuration file: built-in values hold")
    }

    private var defaultRoute: Finding {
        let name = "configuration.default_route"
        guard let route = configuration.route(nil) else {
            return .error(
                name, "a job that names no model has no route: there is no \"\(configuration.defaultRoute)\"",
                remedy: "set models.default to one of \(configuration.routes.keys.sorted().joined(separator: ", "))")
        }
        if route.provider == .simulator {
            return .ok(
                name,
                "a job that names no model goes to \(route.name), the simulator: nothing leaves this machine, "
                    + "and pictures say that they are simulated")
        }
        return .ok(
            name, "a job that names no model goes to \(route.name): \(route.deployment) at \(route.provider.rawValue)")
    }

    private var policy: Finding {
        let policy = configuration.policy
        let name = "jobs are taken under the policy \"\(policy.id)\""
        guard let credits = policy.credits else { return .ok("configuration.policy", name + ", which uses no credits") }
        let end = credits.expire.map { "end \($0) after they were given" } ?? "do not end"
        return .ok("configuration.policy", name + ", which takes credits of each subject; they \(end)")
    }

    private var budget: Finding {
        let limits = [
            ("a job", configuration.budgetPerJob), ("a day", configuration.budgetPerDay),
            ("a subject's day", configuration.budgetPerSubjectDay),
        ].compactMap { what, limit in limit.map { "\(Money.text($0)) dollars \(what)" } }
        if limits.isEmpty && paysAnybody {
            return .warning(
                "configuration.budget", "nothing limits what is spent",
                remedy: "set budget.per_day, and budget.per_job, in dollars")
        }
        return .ok(
            "configuration.budget",
            limits.isEmpty ? "no budget, and nothing that costs" : "at most " + limits.joined(separator: ", "))
    }

    private var denyList: [Finding] {
        guard let list = DenyList(configuration) else { return [] }
        let name = "configuration.deny_list"
        if let fault = list.fault() {
            return [.error(name, fault, remedy: "mend the file: without it the daemon does not start")]
        }
        return [.ok(name, "no prompt may hold any of \(list.count ?? 0) phrases")]
    }

    private var hooks: [Finding] {
        [("on_settled", configuration.onSettled), ("on_held", configuration.onHeld)].compactMap { key, words in
            guard let program = words?.first else { return nil }
            let name = "configuration." + key
            if Program.canBeRun(program) { return .ok(name, "\(program) is told of each of these jobs") }
            return .warning(
                name, "\(program) can not be run: nobody is told of these jobs",
                remedy: "give the absolute path of a program that the daemon's user may execute")
        }
    }

    private var templates: [Finding] {
        guard let folder = TemplateFolder(configuration) else { return [] }
        let faults = folder.faults()
        if faults.isEmpty { return [.ok("configuration.templates", "every template can be used")] }
        return faults.map {
            .warning("configuration.templates", $0, remedy: "mend the file: jobs that name this template fail")
        }
    }
}

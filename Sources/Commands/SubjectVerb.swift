import Audit
import Daemon
import Documents
import Domain
import Ledger
import Rights

extension Program {
    static let subjectVerb = Verb(
        name: "subject", summary: "the rights of the person the data belongs to, and their limits",
        arguments: RightsOrder.Verb.allCases.map(\.rawValue).joined(separator: "|") + " SUBJECT", words: 2...2,
        choices: RightsOrder.Verb.allCases.map(\.rawValue),
        options: [
            Option("--output", "FILE", "export: the package to write, a zip; - is standard output"),
            Option(
                "--reason", "WORD",
                "erase: \(RightsOrder.Cause.allCases.map(\.rawValue).joined(separator: ", ")); hold: a short public label"
            ),
            Option("--expires", "WHEN", "hold: its end: 180d, or 2027-06-30 (with that day, UTC)"),
            Option("--job", "JOB", "hold: only this job's outputs"), Option("--end", "HOLD", "hold: ends this one"),
            Option("--purpose", "P", "object: " + Purpose.allCases.map(\.rawValue).joined(separator: ", ")),
            Option("--withdraw", nil, "object: takes the objection back"),
            Option(
                "--set", "KEY=VALUE", "amend: label, contact or preferences.NAME; an empty value takes it out",
                repeats: true),
            .json,
        ],
        examples: [
            "darkroom subject show user-42", "darkroom subject export user-42 -o user-42.zip",
            "darkroom subject erase user-42 --reason minor --json > receipt.json",
            "darkroom subject restrict user-42", "darkroom subject object user-42 --purpose statistics",
            "darkroom subject amend user-42 --set contact=desk@example.org",
            "darkroom subject hold user-42 --reason case-2026-118 --expires 180d --job fox-7Q2M9V4K",
            "darkroom subject hold user-42 --end hold-0f3a…", "darkroom subject suspend user-42",
        ]
    ) { invocation throws(CommandError) in
        let order = try order(invocation)
        let configuration = try invocation.configuration()
        let stores = try invocation.stores(configuration)
        switch order.verb {
        case .show: try await showSubject(order, stores, invocation)
        case .erase: return try await eraseSubject(order, stores, invocation)
        case .export: try await exportSubject(order, stores, invocation)
        default: try await change(order, stores, invocation)
        }
        return ExitCode.fine.rawValue
    }

    private static func order(_ invocation: Invocation) throws(CommandError) -> RightsOrder {
        var fields = RightsOrder.Fields()
        fields.reason = invocation.value("--reason")
        fields.expires = invocation.value("--expires")
        fields.job = invocation.value("--job")
        fields.end = invocation.value("--end")
        fields.purpose = invocation.value("--purpose")
        fields.withdraw = invocation.has("--withdraw")
        fields.set = invocation.all("--set")
        let order: RightsOrder
        do throws(RightsError) {
            order = try RightsOrder(
                invocation.words[0], subject: invocation.words[1], fields, wall: SystemClock().wall())
        } catch {
            throw usage(error)
        }
        guard invocation.has("--output") == (order.verb == .export) else {
            throw CommandError(
                .usage, order.verb == .export ? "subject export needs -o FILE" : "-o belongs to subject export")
        }
        return order
    }

    /// What was typed wrongly, with the option's own name.
    private static func usage(_ error: RightsError) -> CommandError {
        guard case .order(let field, let message, let hint) = error else { return CommandError(error) }
        let name =
            switch field {
            case "verb": "subject's first word"
            case "subject": "a subject"
            case "reason", "expires", "job", "end", "purpose", "withdraw", "set": "--" + field
            default: "--set " + field
            }
        return CommandError(.usage, "\(name) \(message)", hint: hint)
    }

    // MARK: small ones

    private static func change(
        _ order: RightsOrder, _ stores: Stores, _ invocation: Invocation
    ) async throws(CommandError) {
        let answer = try await righted { () throws(RightsError) in
            try await stores.rights.perform(order, id: RightsOffice.newRequestID())
        }
        if invocation.wantsJSON { return Console.print(answer) }
        Console.print(Console.table(rows(of: answer)))
    }

    private static func rows(of answer: JSONValue) -> [[String]] {
        (answer.members ?? []).filter { $0.key != "schema" }.map { member in
            let value =
                member.value.string
                ?? member.value.array.map { $0.compactMap(\.string).joined(separator: ", ") }
                ?? member.value.compact
            return [member.key, value]
        }
    }

    private static func showSubject(
        _ order: RightsOrder, _ stores: Stores, _ invocation: Invocation
    ) async throws(CommandError) {
        let story = try await righted { () throws(RightsError) in try await stores.rights.show(order.subject) }
        if invocation.wantsJSON { return Console.print(story.document) }
        Console.print(story.text)
    }

    static func righted<Value>(
        _ work: () async throws(RightsError) -> Value
    ) async throws(CommandError) -> Value {
        do throws(RightsError) { return try await work() } catch { throw CommandError(error) }
    }
}

extension CommandError {
    init(_ error: RightsError) {
        let code: ExitCode =
            switch error {
            case .order: .usage
            case .unknownSubject, .unknownHold, .unknownJob: .data
            case .busy: .tryLater
            case .ledger, .vault, .audit, .disk, .package: .inputOutput
            }
        let hint: String? =
            switch error {
            case .order(_, _, let hint): hint
            case .unknownSubject: "it never had a job here, or was erased: nothing tells these apart"
            case .unknownHold: "darkroom subject show lists them"
            case .unknownJob: "darkroom jobs --subject lists them"
            case .busy: "it goes on by itself; try again in a moment"
            case .ledger, .vault, .audit, .disk, .package: nil
            }
        self.init(code, error.description, hint: hint)
    }
}

extension SubjectStory {
    /// As tables for a terminal.
    var text: String {
        let jobs = JobState.allCases.compactMap { state in counts.jobs[state].map { "\($0) \(state.rawValue)" } }
        var text = Console.table([
            ["standing", standing.joined(separator: ", ")],
            ["jobs", jobs.isEmpty ? "none" : jobs.joined(separator: ", ")],
            ["outputs", "\(counts.outputs) there" + (counts.nextOutputs.map { ", the next goes at \($0)" } ?? "")],
            ["inputs", "of \(counts.holdingInputs) jobs" + (counts.nextInputs.map { ", the next go at \($0)" } ?? "")],
            [
                "objections",
                record.objections.isEmpty ? "none" : record.objections.map(\.rawValue).sorted().joined(separator: ", "),
            ],
            ["documents", String(documents)],
        ])
        for (key, value) in [("label", card?["label"]), ("contact", card?["contact"])] {
            if let value = value?.string { text += Console.table([[key, value]]) }
        }
        if !holds.isEmpty {
            let rows = holds.map { hold in
                [
                    hold.id, hold.isActive(at: now) ? "active" : "over", hold.reason, hold.expires.description,
                    hold.job ?? "all",
                ]
            }
            text += "\n" + Console.table([["HOLD", "STATE", "REASON", "EXPIRES", "JOB"]] + rows)
        }
        if !requests.isEmpty {
            let rows = requests.map {
                [$0.id, $0.verb, $0.state.rawValue, $0.received.description, $0.due.description]
            }
            text += "\n" + Console.table([["REQUEST", "VERB", "STATE", "RECEIVED", "DUE"]] + rows)
        }
        return text
    }

    private var standing: [String] {
        let words = [
            record.restrictedAt.map { "restricted since \($0)" }, record.suspendedAt.map { "suspended since \($0)" },
            record.erasing.map { "being erased by request \($0)" },
        ].compactMap { $0 }
        return words.isEmpty ? ["as any other"] : words
    }
}

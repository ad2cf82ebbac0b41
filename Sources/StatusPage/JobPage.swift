import Domain
import Ledger

/// One job for people: where it stands, why, what it cost and what happened. Nothing of what it was given.
struct JobPage {
    let job: JobRecord
    let outputs: [OutputRecord]
    let effects: [EffectRecord]
    let events: [(at: Timestamp, event: LedgerEvent)]
    let now: Timestamp
    /// Those that may be looked at; nil where no picture is to be shown.
    var pictures: [OutputRecord]?

    var html: String {
        HTML.document(
            title: "Darkroom: \(job.id)", renews: false,
            header: "<h1>\(HTML.escaped(job.id))</h1><p class=\"state\">\(job.state.rawValue)</p>",
            main: [reason, shown, facts, outputTable, attempts, story].joined(separator: "\n"),
            footer: "<nav aria-label=\"More\"><a href=\"/\">all jobs</a></nav>")
    }

    private var reason: String {
        guard let reason = job.reason else { return "" }
        let parts: [(String, String?)] = [
            ("field", reason.field), ("limit", reason.limit), ("value", reason.value),
            ("what to do", reason.hint ?? reason.code.remedy),
        ]
        let rows = parts.compactMap { name, text in
            text.map { "<dt>\(name)</dt><dd>\(HTML.escaped($0))</dd>" }
        }
        return """
            <section class="obstacles"><h2><code>\(reason.code.rawValue)</code></h2><p>\(HTML.escaped(reason.message))</p>\
            \(rows.isEmpty ? "" : "<dl>\(rows.joined())</dl>")</section>
            """
    }

    private var shown: String {
        guard let pictures, !pictures.isEmpty else { return "" }
        return "<section><h2>Pictures</h2>\(HTML.pictures(pictures, whole: true) { "output \($0.index)" })</section>"
    }

    private var facts: String {
        var rows: [(String, String)] = [("accepted", job.acceptedAt.description)]
        if let settled = job.settledAt {
            rows.append(("settled", "\(settled), after \(Words.duration(settled.since(job.acceptedAt)))"))
        }
        if let batch = job.batch { rows.append(("batch", batch.description)) }
        if let reason = job.waitReason {
            rows.append(("waits for", "\(reason.code.rawValue): \(reason.message)"))
            rows.append(("tried again", job.runAfter.description))
            rows.append(("what to do", reason.hint ?? reason.code.remedy))
        }
        if !job.route.isEmpty { rows.append(("route", job.route + (job.simulated ? " (simulated)" : ""))) }
        rows.append(("references", String(job.referenceCount)))
        let gone = job.inputsDeletedAt.map { "deleted \($0)" }
        rows.append(("inputs", gone ?? "deleted \(Words.away(job.inputsDeleteBy, now)), by \(job.inputsDeleteBy)"))
        let table = HTML.table("Facts", ["Fact", "Value"], rows.map { [HTML.Cell($0.0), HTML.Cell($0.1)] })
        return "<section><h2>Facts</h2>\(table)</section>"
    }

    private var outputTable: String {
        let rows = outputs.filter { !job.state.isSettled || $0.state != .pending }.map { output in
            [
                String(output.index), output.deletedAt == nil ? output.state.rawValue : "deleted",
                output.size.map { "\($0)" } ?? "", output.expiresAt.map { Words.away($0, now) } ?? "",
                output.reason?.code.rawValue ?? "",
            ].map { HTML.Cell($0) }
        }
        let heads = ["Output", "State", "Size", "Ends", "Reason"]
        return rows.isEmpty
            ? "" : "<section><h2>Outputs</h2>\(HTML.table("Outputs", heads, rows, numbers: [0]))</section>"
    }

    private var attempts: String {
        let rows = effects.map { effect in
            [
                effect.sentAt.description, effect.route, effect.callClass ?? "under way", effect.billed.rawValue,
                "$" + Money.text(effect.cost),
            ].map { HTML.Cell($0) }
        }
        let heads = ["Sent", "Route", "Class", "Billed", "Cost"]
        return rows.isEmpty
            ? "" : "<section><h2>Requests</h2>\(HTML.table("Requests", heads, rows, numbers: [4]))</section>"
    }

    private var story: String {
        let rows = events.map { at, event in
            let facts = event.facts.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
            return [at.description, event.name, facts.map { "\($0.key)=\($0.value)" }.joined(separator: " ")]
                .map { HTML.Cell($0) }
        }
        return "<section><h2>What happened</h2>\(HTML.table("Events", ["At", "Event", "Facts"], rows))</section>"
    }
}

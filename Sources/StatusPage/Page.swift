import Domain
import Ledger
import Settings

/// The page for people: what flows where, what it costs, what is due. No script, nothing from elsewhere, nothing personal.
struct Page {
    let html: String

    init(_ status: SpoolStatus, _ tally: Tally, _ readiness: Readiness) {
        let late = status.overdue
        html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="refresh" content="5">
            <title>Darkroom</title>
            <link rel="stylesheet" href="/style.css">
            </head>
            <body>
            <header><h1>Darkroom</h1><p class="\(readiness.isReady ? "good" : "bad")">\
            \(readiness.isReady ? "work flows" : "work does not flow")</p></header>
            <main>
            \(Self.obstacles(readiness))
            <section class="large" aria-label="Deletions">
            <div><b class="\(late == 0 ? "good" : "bad")">\(late) s</b><span>oldest overdue deletion</span></div>
            <div><b>\(Self.clock(status.retention.nextDeadline))</b><span>next deletion of inputs (UTC)</span></div>
            <div><b>\(Money.text(status.spent))</b><span>dollars today\(Self.budget(status))</span></div>
            </section>
            <section><h2>Jobs</h2>\(Self.jobs(status))\(Self.inbox(status))</section>
            <section><h2>Routes</h2>\(Self.routes(status))</section>
            <section><h2>Since the start</h2>\(Self.outcomes(tally))</section>
            </main>
            <footer>as of \(Self.escaped(status.now.description)); looks anew every 5 seconds; <a href="/jobs.json">jobs</a>,
            <a href="/metrics">metrics</a>, <a href="/readyz">readiness</a></footer>
            </body>
            </html>

            """
    }

    private static func obstacles(_ readiness: Readiness) -> String {
        guard !readiness.isReady else { return "" }
        let items = readiness.obstacles.map { "<li>\(escaped($0.message)) <code>\($0.code)</code></li>" }
        return "<section class=\"obstacles\" role=\"alert\"><h2>Why</h2><ul>\(items.joined())</ul></section>"
    }

    private static func budget(_ status: SpoolStatus) -> String {
        status.configuration.budgetPerDay.map { " of " + Money.text($0) } ?? ""
    }

    private static func clock(_ moment: Timestamp?) -> String {
        moment.map { String($0.description.dropFirst(5).prefix(11)).replacing("T", with: " ") } ?? "none"
    }

    private static func jobs(_ status: SpoolStatus) -> String {
        table(
            ["State", "Jobs"],
            JobState.allCases.map { [$0.rawValue, String(status.counts[$0] ?? 0)] }, numbers: [1])
    }

    private static func inbox(_ status: SpoolStatus) -> String {
        let why = status.inboxWaitsFor.map { "<li>\(escaped($0))</li>" }.joined()
        let names = status.inbox == 1 ? "1 name is" : "\(status.inbox) names are"
        return "<p>\(names) in the inbox\(why.isEmpty ? "" : " and wait:")</p>" + (why.isEmpty ? "" : "<ul>\(why)</ul>")
    }

    private static func routes(_ status: SpoolStatus) -> String {
        table(
            ["Route", "Service", "Calls", "Waiting", "Dollars today", "State"],
            status.routes.map { line in
                [
                    line.route.name, line.route.provider.rawValue, "\(line.underWay) of \(line.route.concurrency)",
                    "\(line.waiting) of \(line.most)", Money.text(line.spent),
                    line.pause.map { "paused: \($0.code.rawValue)" } ?? "open",
                ]
            }, numbers: [2, 3, 4])
    }

    private static func outcomes(_ tally: Tally) -> String {
        let rows = tally.snapshot.counters.filter { $0.key.name == "darkroom_jobs_settled_total" }
            .sorted { $0.key < $1.key }.map { key, count in key.labels + [String(count)] }
        return rows.isEmpty
            ? "<p>nothing has settled yet</p>" : table(["Outcome", "Reason", "Jobs"], rows, numbers: [2])
    }

    private static func table(_ heads: [String], _ rows: [[String]], numbers: Set<Int>) -> String {
        func cells(_ words: [String], _ tag: String) -> String {
            words.enumerated().map { place, word in
                let scope = tag == "th" ? " scope=\"col\"" : ""
                let kind = numbers.contains(place) ? " class=\"number\"" : ""
                return "<\(tag)\(scope)\(kind)>\(escaped(word))</\(tag)>"
            }.joined()
        }
        let body = rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
        return "<table><thead><tr>\(cells(heads, "th"))</tr></thead><tbody>\n\(body)\n</tbody></table>"
    }

    private static func escaped(_ text: String) -> String {
        var safe = ""
        for character in text {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            default: safe.append(character)
            }
        }
        return safe
    }

    static let style = """
        :root { color-scheme: light dark; --ink: #1d1a18; --paper: #faf8f5; --line: #d9d2c9; --good: #1d6b3a; --bad: #a3201a; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #ece7e1; --paper: #171412; --line: #3a342f; --good: #6fcf97; --bad: #ff8a80; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
          font: 1rem/1.5 system-ui, sans-serif; }
        header { display: flex; align-items: baseline; justify-content: space-between; flex-wrap: wrap; gap: 0 1rem; }
        h1 { font-size: 1.5rem; margin: 0; }
        h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
        header p { margin: 0; font-weight: 600; }
        .good { color: var(--good); }
        .bad { color: var(--bad); }
        .large { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; margin-top: 1rem; }
        .large div { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
        .large b { display: block; font-size: 2rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .obstacles { border-left: .25rem solid var(--bad); padding-left: 1rem; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
        .number { text-align: right; }
        footer { margin-top: 2rem; font-size: .875rem; }
        a { color: inherit; }

        """
}

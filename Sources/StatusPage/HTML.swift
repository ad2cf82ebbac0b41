import Domain
import Ledger

/// Pieces of HTML; every word that goes in is escaped here.
enum HTML {
    static func escaped(_ text: String) -> String {
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

    /// A cell of a table: words, or words that lead somewhere.
    struct Cell: ExpressibleByStringLiteral {
        let html: String

        init(_ text: String) { html = HTML.escaped(text) }
        init(stringLiteral text: String) { self.init(text) }

        /// - Parameter job: letters, digits and `._-`, as ids are.
        init(job: String, _ text: String? = nil) {
            html = "<a href=\"/jobs/\(HTML.escaped(job))\">\(HTML.escaped(text ?? job))</a>"
        }
    }

    /// - Parameter numbers: columns that hold numbers.
    static func table(_ caption: String, _ heads: [String], _ rows: [[Cell]], numbers: Set<Int> = []) -> String {
        func cells(_ cells: [Cell], _ tag: String) -> String {
            cells.enumerated().map { place, cell in
                let scope = tag == "th" ? " scope=\"col\"" : ""
                let kind = numbers.contains(place) ? " class=\"number\"" : ""
                return "<\(tag)\(scope)\(kind)>\(cell.html)</\(tag)>"
            }.joined()
        }
        let body = rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
        return """
            <div class="wide" role="group" aria-label="\(escaped(caption))" tabindex="0"><table>\
            <thead><tr>\(cells(heads.map { Cell($0) }, "th"))</tr></thead><tbody>
            \(body)
            </tbody></table></div>
            """
    }

    /// Outputs to look at, each with the words under it, which lead to its job.
    ///
    /// - Parameter whole: each is seen whole; else as many as have room, cut to one shape.
    static func pictures(_ outputs: [OutputRecord], whole: Bool = false, _ words: (OutputRecord) -> String) -> String {
        let items = outputs.map { output in
            let size = output.size.map { " width=\"\($0.width)\" height=\"\($0.height)\"" } ?? ""
            let job = escaped(output.job)
            return """
                <li><a href="/jobs/\(job)"><img src="/pictures/\(job)/\(output.index)"\(size) loading="lazy" \
                alt="output \(output.index) of \(job)"><span>\(escaped(words(output)))</span></a></li>
                """
        }
        return "<ul class=\"pictures\(whole ? " whole" : "")\">\(items.joined())</ul>"
    }

    /// A whole document of ours.
    ///
    /// - Parameter script: whether it looks anew by itself where scripts run; without them the browser loads it again.
    static func document(title: String, renews: Bool, header: String, main: String, footer: String) -> String {
        let renewal =
            renews
            ? "<script src=\"/page.js\" defer></script>\n<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n"
            : ""
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <link rel="stylesheet" href="/style.css">
            <link rel="icon" href="/icon.svg" type="image/svg+xml">
            \(renewal)</head>
            <body>
            <header>\(header)</header>
            <main>
            \(main)
            </main>
            <footer>\(footer)</footer>
            </body>
            </html>

            """
    }
}

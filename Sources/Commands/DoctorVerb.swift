import Daemon
import Documents
import Settings

extension Program {
    static let doctorVerb = Verb(
        name: "doctor",
        summary: "whether a job could run here: each thing that it needs, and the remedy of what is amiss",
        options: [.json],
        examples: [
            "darkroom doctor", "darkroom doctor --config darkroom.json5 --json",
        ]
    ) { invocation throws(CommandError) in
        let configuration: Configuration
        do throws(CommandError) {
            configuration = try invocation.configuration()
        } catch {
            // Nothing else can be looked at; the answer has the same form all the same.
            guard error.code == .configuration else { throw error }
            let finding = Finding.error(
                "configuration.file", error.message,
                remedy: error.hint ?? "mend what is named, then darkroom config check")
            Diagnosis(findings: [finding]).print(asJSON: invocation.wantsJSON)
            return ExitCode.configuration.rawValue
        }
        let diagnosis = Diagnosis(findings: await Checkup(configuration).findings())
        diagnosis.print(asJSON: invocation.wantsJSON)
        return (diagnosis.isWell ? ExitCode.fine : .notAllWell).rawValue
    }
}

/// What was found, for people and for programs.
private struct Diagnosis {
    let findings: [Finding]

    /// Whether a job could run, and every promise is kept.
    var isWell: Bool { count(.error) == 0 }

    func print(asJSON: Bool) {
        if asJSON { Console.print(document) } else { Console.print(text) }
    }

    private func count(_ level: Finding.Level) -> Int { findings.count { $0.level == level } }

    private var document: JSONValue {
        .fields([
            "schema": "darkroom.doctor/1", "ok": .bool(isWell),
            "checks": .array(
                findings.map { finding in
                    .fields([
                        "name": .string(finding.name), "level": .string(finding.level.rawValue),
                        "message": .string(finding.message), "remedy": .text(finding.remedy),
                    ])
                }),
        ])
    }

    private var text: String {
        var lines: [String] = []
        var group = ""
        for finding in findings {
            if finding.group != group {
                group = finding.group
                lines += (lines.isEmpty ? [] : [""]) + [group]
            }
            lines += Self.lines(of: finding)
        }
        return (lines + ["", summary]).joined(separator: "\n") + "\n"
    }

    /// Level, name, sentence; the remedy below it.
    private static func lines(of finding: Finding) -> [String] {
        let name = String(finding.name.dropFirst(finding.group.count + 1))
        let start = "  " + padded(finding.level.rawValue, 9) + padded(name, 16)
        let indent = String(repeating: " ", count: start.count)
        let said = wrapped(finding.message).enumerated().map { ($0 == 0 ? start : indent) + $1 }
        let remedy = finding.remedy.map(wrapped) ?? []
        return said + remedy.enumerated().map { indent + ($0 == 0 ? "-> " : "   ") + $1 }
    }

    /// Words to lines that fit beside the names; several faults of one file come as lines already.
    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(separator: "\n") {
            var line = ""
            for word in paragraph.split(separator: " ") {
                if !line.isEmpty, line.count + word.count >= 76 {
                    lines.append(line)
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            lines.append(line)
        }
        return lines
    }

    private static func padded(_ word: String, _ width: Int) -> String {
        word + String(repeating: " ", count: max(1, width - word.count))
    }

    private var summary: String {
        let errors = count(.error)
        let warnings = count(.warning)
        let rest = warnings == 0 ? "" : warnings == 1 ? "; 1 warning" : "; \(warnings) warnings"
        if errors == 0 { return "a job could run" + rest }
        return (errors == 1 ? "1 error: no job runs as it should" : "\(errors) errors: no job runs as it should") + rest
    }
}

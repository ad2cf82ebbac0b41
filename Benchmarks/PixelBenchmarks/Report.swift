import Documents

/// What is printed of a row.
enum Report {
    static func text(_ row: Row, _ outcome: Result<Finding, any Error>) -> String {
        let head = "\(row.name): \(row.title) [\(row.mode)]\n"
        switch outcome {
        case .failure(let error): return head + "    not measured: \(error)\n"
        case .success(let finding):
            let figure = finding.value.text(finding.digits) + (finding.unit.isEmpty ? "" : " \(finding.unit)")
            var text = head + "    \(figure)"
            if let bounds = row.bounds {
                let digits = finding.unit.isEmpty ? 3 : 0
                text += "  must \(bounds.text(bounds.must, digits)), aim \(bounds.text(bounds.aim, digits)): "
                text += verdict(finding, bounds)
            }
            text += "\n    \(finding.ours) against \(finding.peer)\n"
            for condition in finding.conditions {
                text += "    \(condition.text): \(condition.holds ? "holds" : "MISSED")\n"
            }
            for note in finding.notes { text += "    \(note)\n" }
            return text
        }
    }

    static func json(_ row: Row, _ outcome: Result<Finding, any Error>) -> JSONValue {
        let finding = try? outcome.get()
        var unmeasured: String?
        if case .failure(let error) = outcome { unmeasured = "\(error)" }
        return .fields([
            "row": .string(row.name), "title": .string(row.title), "mode": .string(row.mode),
            "must": row.bounds.map { .number("\($0.must)") }, "aim": row.bounds.map { .number("\($0.aim)") },
            "value": finding.map { .number($0.value.text(4)) },
            "unit": finding.map { .string($0.unit.isEmpty ? "ratio" : $0.unit) },
            "verdict": finding.flatMap { finding in row.bounds.map { .string(verdict(finding, $0)) } },
            "ours": .text(finding?.ours), "peer": .text(finding?.peer),
            "notes": finding.map { .array(($0.conditions.map(\.text) + $0.notes).map { .string($0) }) },
            "unmeasured": .text(unmeasured),
        ])
    }

    /// Met only when the conditions hold too.
    static func verdict(_ finding: Finding, _ bounds: Bounds) -> String {
        finding.conditions.allSatisfy(\.holds) ? bounds.verdict(finding.value) : "MISSED"
    }
}

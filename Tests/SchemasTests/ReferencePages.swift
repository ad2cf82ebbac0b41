import Documents
import Domain
import Foundation
import Settings
import Support
import Testing

@testable import Schemas

/// The reference pages: every setting, every field of a job and of a policy, every code.
@Suite struct ReferencePages {
    @Test func `the page of settings is what the configuration takes`() throws {
        let defaults = Configuration().document
        let text = """
            # Settings

            Every key of `darkroom.json5`, what it is for, and what holds where it is left out.

            This page is made from the schema that `darkroom config schema configuration` prints. A length of time is written `"24h"`, a
            size `"64MB"` (10^6), money in dollars. `darkroom config check` reports every fault of a file at once; an unknown key is one.

            \(GeneratedPage.table(["Key", "What it is for", "Values", "Left out"], rows(PublicSchema.configuration.document, "", defaults)))
            """
        #expect(try GeneratedPage.isFresh("Settings.md", text), "write it anew: DARKROOM_WRITE_PAGES=1")
    }

    @Test func `the pages of jobs and policies are what their readers take`() throws {
        for (name, schema, title, about) in [
            (
                "JobFields.md", PublicSchema.job, "Fields of a job",
                "Every key of `job.json`, and of a line of a batch. Only `prompt`, or `template`, has to be there."
            ),
            (
                "PolicyFields.md", PublicSchema.policy, "Fields of a policy",
                "Every key of a policy's file, which `policy` of the configuration names."
            ),
        ] {
            let text = """
                # \(title)

                \(about)

                This page is made from the schema that `darkroom config schema \(schema.rawValue)` prints. An unknown key is an error.

                \(GeneratedPage.table(["Key", "What it is for", "Values"], rows(schema.document, "", nil).map { Array($0.prefix(3)) }))
                """
            #expect(try GeneratedPage.isFresh(name, text), "write \(name) anew: DARKROOM_WRITE_PAGES=1")
        }
    }

    @Test func `the page of reason codes is what the code says`() throws {
        let rows = ReasonCode.allCases.map { code in
            ["`\(code.rawValue)`", code.meaning, code.ending, code.retryable.rawValue, code.remedy]
        }
        let text = """
            # Reason codes

            Why a job failed, waits or is held: `reason.code` of its status.json, and what to do.

            This page is made from the source. A job that waits is shown with its code by `darkroom status` and `darkroom show`; where a
            reason has a `hint` of its own, that one is nearer to the case than the words here. "Again" says whether the unchanged job may
            end otherwise.

            \(GeneratedPage.table(["Code", "What happened", "The job", "Again", "What to do"], rows))
            """
        #expect(try GeneratedPage.isFresh("ReasonCodes.md", text), "write it anew: DARKROOM_WRITE_PAGES=1")
    }

    // MARK: schemas as rows

    /// One row a key, those of objects below them.
    private func rows(_ schema: JSONValue, _ path: String, _ defaults: JSONValue?) -> [[String]] {
        var rows: [[String]] = []
        for shape in [schema] + alternatives(schema) {
            for member in shape["properties"]?.members ?? [] {
                let place = path.isEmpty ? member.key : path + "." + member.key
                let standing = defaults?[member.key]
                let about = description(member.value)
                let row = ["`\(place)`", about, values(member.value), text(standing, member.value)]
                add(row, to: &rows)
                for row in self.rows(member.value, place, standing) { add(row, to: &rows) }
            }
            if let each = shape["additionalProperties"], each.members != nil {
                for row in self.rows(each, path + ".NAME", nil) { add(row, to: &rows) }
            }
        }
        return rows
    }

    /// A key that several alternatives have stands once, with the values of all.
    private func add(_ row: [String], to rows: inout [[String]]) {
        guard let place = rows.firstIndex(where: { $0[0] == row[0] }) else { return rows.append(row) }
        for value in row[2].components(separatedBy: ", ")
        where !rows[place][2].components(separatedBy: ", ").contains(value) {
            rows[place][2] += ", " + value
        }
    }

    private func description(_ schema: JSONValue) -> String {
        schema["description"]?.string ?? alternatives(schema).compactMap { $0["description"]?.string }.first ?? ""
    }

    private func alternatives(_ schema: JSONValue) -> [JSONValue] {
        ["anyOf", "oneOf"].flatMap { schema[$0]?.array ?? [] }
    }

    private func values(_ schema: JSONValue) -> String {
        if let words = schema["enum"]?.array { return words.map { "`\($0.compact)`" }.joined(separator: ", ") }
        if let only = schema["const"] { return "`\(only.compact)`" }
        let others = alternatives(schema).map(values).filter { !$0.isEmpty }
        if schema["type"] == nil, !others.isEmpty {
            return others.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: " or ")
        }
        let type =
            schema["type"]?.string ?? (schema["type"]?.array ?? []).compactMap(\.string).joined(separator: " or ")
        guard let least = schema["minimum"] else { return type }
        return type + (schema["maximum"].map { ", \(least.compact) to \($0.compact)" } ?? ", from \(least.compact)")
    }

    private func text(_ value: JSONValue?, _ schema: JSONValue) -> String {
        guard let value, value.members == nil, value != .null else { return "" }
        return "`\(value.compact)`"
    }
}

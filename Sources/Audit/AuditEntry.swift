package import Documents
import Domain
package import Ledger

/// One line of the audit log: what happened, and what the line before it was. Ids, numbers and closed words, no content.
package struct AuditEntry: Sendable, Hashable {
    /// Counted from 0.
    package var index: Int
    /// RFC 3339, by the wall clock.
    package var at: String
    package var event: String
    /// The event's number in the ledger; nil for what only the log knows.
    package var number: Int64?
    package var job: String?
    /// Keyed hash of the subject, under a key that dies with it.
    package var subject: String?
    package var facts: [String: String]
    /// Hash of the entry before, as it stands in the tree.
    package var previous: TreeHash

    /// What stands in the place of a hash before the first entry.
    static let first = TreeHash([UInt8](repeating: 0, count: TreeHash.count)) ?? .empty

    /// Longest line that is read.
    static let longest = 64 << 10

    package init(
        index: Int, at: String, event: String, number: Int64? = nil, job: String? = nil, subject: String? = nil,
        facts: [String: String] = [:], previous: TreeHash
    ) {
        self.index = index
        self.at = at
        self.event = event
        self.number = number
        self.job = job
        self.subject = subject
        self.facts = facts
        self.previous = previous
    }

    /// Nil for what is no line of an audit log; without its newline.
    package init?(line: [UInt8]) {
        guard line.count <= Self.longest, let document = try? JSONParser.parse(line), let index = document["n"]?.int,
            let at = document["at"]?.string, let event = document["event"]?.string,
            let members = document["facts"]?.members,
            let previous = document["previous"]?.string.flatMap({ TreeHash(hexadecimal: $0) })
        else { return nil }
        let facts = members.compactMap { member in member.value.string.map { (member.key, $0) } }
        guard facts.count == members.count else { return nil }
        self.init(
            index: index, at: at, event: event, number: document["number"]?.int.map { Int64($0) },
            job: document["job"]?.string, subject: document["subject"]?.string,
            facts: Dictionary(facts) { first, _ in first }, previous: previous)
    }

    /// Without a newline.
    package var line: [UInt8] { Array(document.compact.utf8) }

    package var document: JSONValue {
        .fields([
            "n": .integer(index), "at": .string(at), "event": .string(event), "number": number.map { .integer($0) },
            "job": .text(job), "subject": .text(subject),
            "facts": .object(facts.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }),
            "previous": .string(previous.description),
        ])
    }

    /// Whether it says what the ledger says of its event.
    package func agrees(with recorded: RecordedEvent) -> Bool {
        number == recorded.number && at == recorded.wall.description && event == recorded.event.name
            && job == recorded.event.job && facts == recorded.event.facts
    }
}

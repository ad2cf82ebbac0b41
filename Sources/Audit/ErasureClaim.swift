import Documents

/// What a receipt says of the erasure of a subject, beside what it says of each job; it names the request and never the subject.
package struct ErasureClaim: Sendable, Hashable {
    /// What is not erased yet, and why.
    package struct Hold: Sendable, Hashable {
        package let id: String
        package let reason: String
        package let expires: String
        /// Nil covers all of the subject.
        package let job: String?

        package init(id: String, reason: String, expires: String, job: String?) {
            self.id = id
            self.reason = reason
            self.expires = expires
            self.job = job
        }
    }

    package let request: String
    /// A word of a closed list.
    package let cause: String
    package let received: String
    package let holds: [Hold]

    /// The fact by which entries of the log belong to a request.
    static let fact = "request"

    package init(request: String, cause: String, received: String, holds: [Hold]) {
        self.request = request
        self.cause = cause
        self.received = received
        self.holds = holds
    }

    var document: JSONValue {
        .fields([
            "request": .string(request), "cause": .string(cause), "received": .string(received),
            "erased": .array(
                ["inputs", "outputs", "outcome folders", "sealed record and history", "the subject's keys"].map {
                    .string($0)
                }),
            "not_erased": .array(
                holds.map { hold in
                    .fields([
                        "hold": .string(hold.id), "reason": .string(hold.reason), "until": .string(hold.expires),
                        "job": .text(hold.job),
                    ])
                }),
        ])
    }

    /// What of a statement about an erasure does not follow from the log's entries.
    static func faults(_ statement: JSONValue, jobs: Int, _ entries: [AuditEntry]) -> [String] {
        let request = statement["request"]?.string
        let mine = entries.filter { request != nil && $0.facts[fact] == request }
        var faults: [String] = []
        if !mine.contains(where: { $0.event == "request.received" && $0.facts["label"] == statement["cause"]?.string })
        {
            faults.append("the log does not know the request as the receipt tells of it")
        }
        guard let end = mine.last(where: { $0.event == "subject.erased" }) else {
            return faults + ["the log does not say that the subject was erased"]
        }
        if end.facts["holds"] != String(statement["not_erased"]?.array?.count ?? -1) {
            faults.append("the log knows of another number of holds")
        }
        if end.facts["jobs"] != String(jobs) { faults.append("the log knows of another number of jobs") }
        return faults
    }
}

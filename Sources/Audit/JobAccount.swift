import Documents

/// What the log says became of one job, made of its entries and nothing else: whoever has the entries can make it again.
struct JobAccount {
    let job: String
    /// Its entries, in order.
    let entries: [AuditEntry]

    /// What became of a request, as far as is known.
    enum Received: String {
        case yes
        /// It left, and no answer says whether it came.
        case possible
        case no
    }

    /// One request to a processor: what it carried, and whether it came there.
    struct Disclosure {
        let processor: String
        let at: String
        let received: Received
        let document: JSONValue
    }

    var document: JSONValue {
        let settled = last("job.settled")
        return .fields([
            "job": .string(job), "accepted": .text(last("job.accepted")?.at), "settled": .text(settled?.at),
            "outcome": .text(settled?.facts["outcome"]), "delivered": .text(delivered?.at),
            "erased": .array(erased), "disclosures": .array(disclosures.map(\.document)),
        ])
    }

    /// When its folder was seen to be taken away: what was in it then is beyond reach.
    var delivered: AuditEntry? { last("outputs.delivered") }

    private func last(_ event: String) -> AuditEntry? { entries.last { $0.event == event } }

    // MARK: erased

    /// A key that was destroyed ends what was sealed under it, wherever a copy of that is; an unlinked file was in the clear.
    private var erased: [JSONValue] {
        entries.compactMap { entry in
            switch entry.event {
            case "inputs.deleted" where entry.facts["left"] == "0":
                .fields([
                    "what": "inputs", "how": "key destroyed, then unlinked", "at": .string(entry.at),
                    "files": number(entry, "blobs"), "bytes": number(entry, "bytes"), "keys": number(entry, "keys"),
                    "late_s": number(entry, "late_s"), "entry": .integer(entry.index),
                ])
            case "output.deleted" where entry.facts["found"] != "no":
                .fields([
                    "what": "output", "output": number(entry, "output"), "how": "unlinked", "at": .string(entry.at),
                    "late_s": number(entry, "late_s"), "entry": .integer(entry.index),
                ])
            default: nil
            }
        }
    }

    private func number(_ entry: AuditEntry, _ fact: String) -> JSONValue? {
        entry.facts[fact].flatMap { Int64($0) }.map { .integer($0) }
    }

    // MARK: disclosed

    var disclosures: [Disclosure] {
        entries.filter { $0.event == "call.sent" }.map { sent in
            let end = entries.first { entry in
                entry.event == "call.ended" && entry.index > sent.index && entry.facts["call"] == sent.facts["call"]
                    && entry.facts["output"] == sent.facts["output"]
            }
            let received = Self.received(end?.facts["class"])
            let processor = sent.facts["processor"] ?? sent.facts["provider"] ?? sent.facts["route"] ?? ""
            return Disclosure(
                processor: processor, at: sent.at, received: received,
                document: .fields([
                    "processor": .string(processor), "recipient": .text(sent.facts["recipient"]),
                    "route": .text(sent.facts["route"]), "regions": .text(sent.facts["regions"]),
                    "kept": .text(sent.facts["kept"]), "training": .text(sent.facts["training"]),
                    "output": number(sent, "output"), "at": .string(sent.at), "bytes": number(sent, "bytes"),
                    "carried": .array(
                        (sent.facts["carried"] ?? "").split(separator: " ").map { .string(String($0)) }),
                    "received": .string(received.rawValue), "entry": .integer(sent.index),
                    "end": end.map { .integer($0.index) },
                ]))
        }
    }

    private static func received(_ callClass: String?) -> Received {
        switch callClass {
        case "not_sent": .no
        case nil, "outcome_unknown": .possible
        default: .yes
        }
    }

    /// Everybody who has, or may have, received something of these jobs.
    static func processors(of accounts: [JobAccount]) -> [JSONValue] {
        let reached = accounts.flatMap(\.disclosures).filter { $0.received != .no }
        return Dictionary(grouping: reached, by: \.processor).sorted { $0.key < $1.key }.map { processor, disclosures in
            let last = disclosures.max { $0.at < $1.at }?.document
            return .fields([
                "processor": .string(processor), "recipient": last?["recipient"], "kept": last?["kept"],
                "requests": .integer(disclosures.count),
                "last": .text(disclosures.map(\.at).max()),
                "note": "erased from this installation only; what the processor keeps is between you and it",
            ])
        }
    }
}

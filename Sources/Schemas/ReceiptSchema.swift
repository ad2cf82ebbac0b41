import Documents

/// A signed receipt of what was erased.
enum ReceiptSchema {
    static let body = Shape.open(
        "What was erased, when, how, how late, what was not and why, and who had received it: signed, with proof.",
        required: ["schema", "statement", "entries", "checkpoint", "signature"],
        [
            "schema": Shape.fixed("Name and version of this form.", "darkroom.receipt/1"),
            "statement": statement,
            "entries": Shape.array(
                "The lines of the audit log that it rests on.",
                of: Shape.open(
                    "One line.", required: ["index", "line", "path"],
                    [
                        "index": Shape.count("Its place in the log, from 0."),
                        "line": Shape.text("As it stands there."),
                        "path": Shape.array(
                            "Hashes from it to the root (RFC 6962), base64.",
                            of: Shape.text("A hash.", "^[A-Za-z0-9+/]{43}=$")),
                    ])),
            "checkpoint": Shape.text("The log's signed state (C2SP checkpoint) that the paths lead to."),
            "signature": Shape.text("A signed note over the statement's digest (RFC 8785, SHA-256)."),
        ])

    private static let statement = Shape.open(
        "What is stated.", required: ["log", "issued", "size", "root", "jobs", "processors", "kept"],
        [
            "log": Shape.text("The log's name."), "issued": Shape.moment("When, by the wall clock."),
            "size": Shape.count("How many entries the log had."), "root": Shape.digest("Root of its tree."),
            "erasure": erasure, "jobs": Shape.array("What became of each job.", of: job),
            "processors": Shape.array(
                "Who has, or may have, received something.",
                of: Shape.open(
                    "One.", required: ["processor", "requests"],
                    [
                        "processor": Shape.text("Who."), "requests": Shape.count("How often."),
                        "last": Shape.moment("Last."), "note": Shape.text("What this means."),
                        "recipient": Shape.text("Who that is, as its row of the register said."),
                        "kept": Shape.text("How long it is kept there, as the row said: none, a duration, or unknown."),
                    ])),
            "kept": Shape.text("What stays."),
        ])

    private static let erasure = Shape.open(
        "The erasure of a subject, whose jobs these are.",
        required: ["request", "cause", "received", "erased", "not_erased"],
        [
            "request": Shape.text("The request's random name.", "^[0-9a-f]{16}$"),
            "cause": Shape.choice("Why.", RequestSchema.causes), "received": Shape.moment("When it came."),
            "erased": Shape.array("What went.", of: Shape.text("One kind of data.")),
            "not_erased": Shape.array(
                "What a legal hold keeps.",
                of: Shape.open(
                    "One hold.", required: ["hold", "reason", "until"],
                    [
                        "hold": Shape.text("Its name."), "reason": Shape.text("A short public label."),
                        "until": Shape.moment("Its end."), "job": Shape.text("The only job it is about."),
                    ])),
        ])

    private static let job = Shape.open(
        "One job, as the log tells of it.", required: ["job", "erased", "disclosures", "not_erased"],
        [
            "job": Shape.text("Its name."), "accepted": Shape.moment("Taken in."), "settled": Shape.moment("Ended."),
            "outcome": Shape.choice("How.", ["done", "failed", "held"]), "delivered": Shape.moment("Taken away."),
            "erased": Shape.array("What was erased, how, when, how late.", of: Shape.open("One thing.", [:])),
            "disclosures": Shape.array("Each request that left.", of: Shape.open("One.", [:])),
            "not_erased": Shape.array("What was not, and why.", of: Shape.open("One thing.", [:])),
        ])
}

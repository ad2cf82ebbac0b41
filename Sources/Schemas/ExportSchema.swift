import Documents

/// `manifest.json` of a package of all that is held of a subject.
enum ExportSchema {
    static let body = Shape.open(
        "All that is held of one subject: what there is, until when, who received it, and where it lies in the package.",
        required: [
            "schema", "made", "request", "policy", "consents", "objections", "holds", "requests", "credits", "jobs",
            "processors",
            "documents",
        ],
        [
            "schema": Shape.fixed("Name and version of this form.", "darkroom.export/1"),
            "made": Shape.moment("When the package was made, by the age clock."),
            "request": Shape.text("The request that it answers.", "^[0-9a-f]{16}$"),
            "policy": policy("The policy in force."), "contact": Shape.text("Whom to ask."),
            "restricted_since": Shape.moment("Since when the data is stored and nothing more."),
            "suspended_since": Shape.moment("Since when there are no new pictures."),
            "objections": Shape.array(
                "What the data is not used for.", of: Shape.choice("One purpose.", RequestSchema.purposes)),
            "consents": Shape.array(
                "What jobs vouched for in the subject's name.",
                of: Shape.open(
                    "One.", required: ["purpose", "policy_sha256", "given"],
                    [
                        "purpose": Shape.text("What.", "^[a-z0-9_]{1,64}$"),
                        "policy_sha256": Shape.text("Digest of the policy that it was for."),
                        "given": Shape.moment("When."), "withdrawn": Shape.moment("When it was taken back."),
                    ])),
            "record": Shape.open("What the service wants to have of the subject, and what was put right in it.", [:]),
            "holds": Shape.array(
                "Legal reasons to keep something.",
                of: Shape.open(
                    "One.", required: ["id", "reason", "begins", "expires", "active"],
                    [
                        "id": Shape.text("Its name."), "reason": Shape.text("A short public label."),
                        "job": Shape.text("The only job it is about."), "begins": Shape.moment("From."),
                        "expires": Shape.moment("To."), "ended": Shape.moment("When somebody ended it."),
                        "active": Shape.flag("Whether it keeps anything now."),
                    ])),
            "requests": Shape.array(
                "What was asked for before.",
                of: Shape.open(
                    "One.", required: ["id", "verb", "received", "due", "state"],
                    [
                        "id": Shape.text("Its name."), "verb": Shape.choice("What.", RequestSchema.verbs),
                        "received": Shape.moment("When."), "due": Shape.moment("By when it is to be answered."),
                        "state": Shape.text("How far it has come.", "^[a-z]+$"),
                        "closed": Shape.moment("When it was answered."),
                        "result": Shape.text("What came of it."),
                    ])),
            "credits": credits, "jobs": Shape.array("Every job.", of: job),
            "processors": Shape.array(
                "Who has, or may have, received something.",
                of: Shape.open(
                    "One.", required: ["processor", "requests", "first", "last", "received"],
                    [
                        "processor": Shape.text("Who, by the name of the configuration."),
                        "recipient": Shape.text("Who, by the name of the contract."),
                        "regions": Shape.text("Where."), "kept": Shape.text("How long they keep it."),
                        "training": Shape.text("Whether they train on it."), "requests": Shape.count("How often."),
                        "first": Shape.moment("First."), "last": Shape.moment("Last."),
                        "received": Shape.array("What.", of: Shape.text("One kind of data.")),
                    ])),
            "documents": Shape.array("What is kept beside jobs, as files of the package.", of: Shape.text("A path.")),
        ])

    private static func policy(_ about: String) -> JSONValue {
        Shape.open(
            about, required: ["id", "sha256"],
            ["id": Shape.text("Its name."), "sha256": Shape.text("Digest of what it says.")])
    }

    private static let credits = Shape.open(
        "Credits, and every movement of them.", required: ["free", "reserved", "spent", "expired", "movements"],
        [
            "free": Shape.count("That can be used."), "reserved": Shape.count("Of jobs under way."),
            "spent": Shape.count("For pictures."), "expired": Shape.count("That were not used in time."),
            "movements": Shape.array(
                "Newest first.",
                of: Shape.open(
                    "One.", required: ["at", "kind", "credits", "free_after"],
                    [
                        "at": Shape.moment("When."), "kind": Shape.text("What.", "^[a-z]+$"),
                        "credits": Shape.count("How many."), "free_after": Shape.count("Free afterwards."),
                        "job": Shape.text("For which job."), "output": Shape.count("For which output, from 1."),
                    ])),
        ])

    private static let job = Shape.open(
        "One job.",
        required: [
            "id", "state", "route", "policy", "times", "inputs", "outputs", "requests", "visibility", "deliveries",
            "gallery",
            "cost", "files",
        ],
        [
            "id": Shape.text("Its name."), "requested_id": Shape.text("The name that was asked for."),
            "state": Shape.text("Where it stands.", "^[a-z]+$"),
            "reason": Shape.choice("Why it failed, or waits.", StatusSchema.codes),
            "route": Shape.text("To which model."),
            "policy": policy("The policy that it was taken in under."),
            "times": Shape.open(
                "When what happened.", required: ["accepted"],
                [
                    "accepted": Shape.moment("Taken in."), "started": Shape.moment("Begun."),
                    "settled": Shape.moment("Ended."),
                ]),
            "inputs": Shape.open(
                "What was handed over.", required: ["references", "bytes", "delete_by"],
                [
                    "references": Shape.count("How many pictures."), "bytes": Shape.count("Their size."),
                    "delete_by": Shape.moment("By when it is gone."), "deleted": Shape.moment("When it went."),
                ]),
            "outputs": Shape.array("What was made.", of: output),
            "requests": Shape.array(
                "Each time somebody received something of it.",
                of: Shape.open(
                    "One.", required: ["output", "route", "provider", "model", "billed", "sent", "cost"],
                    [
                        "output": Shape.count("For which output, from 1."), "route": Shape.text("By which route."),
                        "provider": Shape.text("Who."), "model": Shape.text("Which model."),
                        "request_id": Shape.text("Their name for it."),
                        "class": Shape.text("How it ended.", "^[a-z_]+$"),
                        "billed": Shape.choice("Whether it was paid for.", Shape.billed), "sent": Shape.moment("When."),
                        "cost": Shape.open("What it cost.", required: ["micro_usd", "source"], [:]),
                    ])),
            "visibility": Shape.choice("Who may see what was made.", ["private", "unlisted", "public"]),
            "cost": Shape.open("Of all of it.", required: ["micro_usd"], ["micro_usd": Shape.count("Micro-dollars.")]),
            "deliveries": Shape.array(
                "Outputs that were seen to be taken away.",
                of: Shape.open(
                    "One.", required: ["output", "at"],
                    [
                        "output": Shape.count("Which, from 1."), "at": Shape.moment("When."),
                        "bytes": Shape.count("Its size."),
                    ])),
            "gallery": Shape.array(
                "What others see of it.",
                of: Shape.open(
                    "One picture.", required: ["output", "file", "listed"],
                    [
                        "output": Shape.count("Which output, from 1."), "file": Shape.text("Its name in the gallery."),
                        "listed": Shape.flag("Whether the gallery's index names it."),
                    ])),
            "files": Shape.array(
                "What of it is in the package.",
                of: Shape.open(
                    "One file.", required: ["path", "bytes"],
                    ["path": Shape.text("Where."), "bytes": Shape.count("How large.")])),
        ])

    private static let output = Shape.open(
        "One picture.", required: ["index", "state", "saved"],
        [
            "index": Shape.count("From 1."), "state": Shape.text("How far it came.", "^[a-z]+$"),
            "file": Shape.text("Its name."), "width": Shape.count("Pixels."), "height": Shape.count("Pixels."),
            "format": Shape.choice("Its format.", Shape.formats), "bytes": Shape.count("Its size."),
            "sha256": Shape.digest("Digest of it."), "expires_at": Shape.moment("When it goes."),
            "deleted": Shape.moment("When it went."), "saved": Shape.flag("Whether it is kept beyond its time."),
        ])
}

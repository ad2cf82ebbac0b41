import Documents

/// The file of a policy, as its reader takes it.
enum PolicySchema {
    static let body = Shape.closed(
        "What an operator promises to the people whose pictures these are. Unknown keys are errors.", required: ["id"],
        [
            "id": Shape.text(
                "The name that jobs are stamped with, together with the digest of what is promised.",
                "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
            "extends": Shape.choice(
                "The policy whose terms and promises hold where this file says nothing else.",
                ["default", "maiimage2", "image2", "gptimg2", "imagen2026", "gptimage2-blog"]),
            "inputs": Shape.span("Longest time that inputs stay after their job has settled; at most 24h."),
            "outputs": .fields([
                "description": "Longest time that outputs stay after their job has settled; keep: no limit.",
                "anyOf": [.fields(["const": "keep"]), Shape.span("A limit.")],
            ]),
            "save": Shape.flag("Whether an output may be kept beyond that where its subject asks for it."),
            "gallery": Shape.flag("Whether outputs may be shown to others; false by default."),
            "protect": Shape.flag("Whether outputs may be asked for as protected; true by default."),
            "history": .fields([
                "description":
                    "How long prompts and templates of jobs with a subject are kept, sealed under the subject's key; none by default.",
                "anyOf": [
                    .fields(["enum": ["none", "account"]]), Shape.span("So long after the job settled."),
                ],
            ]),
            "attestations": Shape.array(
                "What every job must vouch for.", of: Shape.text("A name.", "^[a-z0-9_]{1,64}$")),
            "allowed_regions": Shape.regions("Where services may process what they get; others are not called."),
            "provider_retention": Shape.kept("Longest that services may keep what they get; others are not called."),
            "training": Shape.fixed(
                "Services that may train on what they get, or of which nothing is known, are not called.", "never"),
            "plans": .fields([
                "description":
                    "What subjects may keep, by the plan that each job names; the same plans as in credits.per_output, where that has any.",
                "type": "object", "minProperties": 1,
                "propertyNames": .fields(["pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"]),
                "additionalProperties": plan,
            ]),
            "statistics": .fields([
                "description":
                    "What is counted about prompts, by the week and in cells of closed words; nothing unless a policy says so.",
                "anyOf": [
                    .fields(["const": "off"]),
                    Shape.closed(
                        "Counted.",
                        [
                            "k": Shape.integer(
                                "Fewest subjects that share a cell that is published; 50 by default.", 20...1_000_000)
                        ]),
                ],
            ]),
            "credits": Shape.closed(
                "Credits of subjects; without this none are used. A job must then name its subject.",
                required: ["per_output"],
                [
                    "per_output": .fields([
                        "description": "What one delivered output costs: one price, or one for each plan.",
                        "anyOf": [
                            Shape.integer("Whatever the plan.", 1...1_000_000),
                            .fields([
                                "type": "object", "minProperties": 1,
                                "propertyNames": .fields(["pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"]),
                                "additionalProperties": Shape.integer("By the plan that a job names.", 0...1_000_000),
                            ]),
                        ],
                    ]),
                    "expire": Shape.span("How long credits can be used after they are given; for ever without."),
                ]),
        ])

    private static let plan = Shape.closed(
        "One plan; without a limit a subject keeps all.",
        [
            "outputs": Shape.span(
                "How long each output stays after its job settled; not longer than the policy's outputs."),
            "count": Shape.integer("Most outputs of a subject: the oldest end first.", 1...1_000_000),
            "bytes": Shape.byteCount("Most bytes that they take together."),
            "notice": Shape.span("How long before its end that is said of an output; 24h by default, at most 30d."),
        ])
}

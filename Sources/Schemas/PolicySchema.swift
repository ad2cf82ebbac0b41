import Documents

/// The file of a policy, as its reader takes it.
enum PolicySchema {
    static let body = Shape.closed(
        "What an operator promises to the people whose pictures these are. Unknown keys are errors.", required: ["id"],
        [
            "id": Shape.text(
                "The name that jobs are stamped with, together with the digest of what is promised.",
                "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
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
}

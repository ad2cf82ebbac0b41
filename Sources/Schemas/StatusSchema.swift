import Documents

/// `status.json`, as it stands in every outcome folder.
enum StatusSchema {
    /// Codes of `reason` and `missing`: public surface, section 3.
    static let codes = [
        "invalid_manifest", "unsupported_parameter", "orphan", "id_conflict", "reference_unreadable",
        "reference_too_large", "reference_unclean", "mask_mismatch", "prompt_too_long", "attestation_missing",
        "policy_forbids", "invalid_request", "payload_too_large", "model_not_found", "output_failed", "internal",
        "over_budget", "no_credit", "subject_suspended", "subject_restricted", "content_blocked_input",
        "content_blocked_output", "no_image_returned", "bad_response", "over_rate", "rate_limited", "overloaded",
        "not_sent", "disk_full", "auth", "permission", "account_blocked", "quota_exhausted", "route_paused",
        "outcome_unknown", "quarantined", "server_error", "cancelled", "expired", "worker_timeout",
    ]

    static let body = Shape.open(
        "How a job ended, or why it waits for a person. Holds no prompt, no file name of an input, no metadata value.",
        required: [
            "schema", "job", "outcome", "partial", "missing", "simulated", "times", "attempts", "cost", "inputs",
            "outputs",
        ],
        [
            "schema": Shape.fixed("Name and version of this form.", "darkroom.status/1"),
            "job": Shape.text("The job's id."),
            "batch": Shape.text("The batch that the job is a line of, NAME-XXXXXXXX; missing where it is of none."),
            "requested_id": Shape.text("The caller's id, where the job had to settle under another."),
            "duplicate_of": Shape.text("The job that this one repeats word for word; nothing was bought again."),
            "outcome": Shape.choice("Which folder this stands in.", ["done", "failed", "held"]),
            "partial": Shape.flag("Whether some of the asked outputs are missing."),
            "missing": Shape.array(
                "The asked outputs of a done job that were not made.",
                of: Shape.open(
                    "One missing output.", required: ["index", "code", "billed"],
                    [
                        "index": Shape.count("Counted from 1."), "code": Shape.choice("Why.", codes),
                        "billed": Shape.choice("Whether its call was paid for.", Shape.billed),
                    ])),
            "simulated": Shape.flag("Whether the simulator made the pictures and no model did."),
            "visibility": Shape.choice(
                "Who may see the outputs in the gallery; missing where nobody.", ["unlisted", "public"]),
            "protect": Shape.fixed("Whether the outputs are protected; missing where they are not.", true),
            "reason": reason,
            "times": Shape.open(
                "When what happened, by the age clock.", required: ["accepted"],
                [
                    "accepted": Shape.moment("When the job became ours."),
                    "started": Shape.moment("When work on it began."),
                    "settled": Shape.moment("When it ended; missing where the job is held."),
                ]),
            "attempts": Shape.array("Every request that was written down to be sent.", of: attempt),
            "cost": Shape.open(
                "What the job cost, for certain or possibly.", required: ["micro_usd", "source"],
                [
                    "micro_usd": Shape.count("Micro-dollars."),
                    "source": Shape.choice(
                        "From the provider's usage, or estimated from its prices.", ["usage", "estimate"]),
                ]),
            "inputs": Shape.open(
                "What was handed over.", required: ["count", "bytes", "removed", "delete_by"],
                [
                    "count": Shape.count("References."), "bytes": Shape.count("Size of references and mask together."),
                    "removed": Shape.array(
                        "Kinds of metadata that were taken out of the references.", of: Shape.text("gps, exif, …")),
                    "delete_by": Shape.moment("By when prompt and references are gone."),
                ]),
            "outputs": Shape.array("The pictures in this folder.", of: output),
        ])

    private static let reason = Shape.open(
        "Why the job failed or is held.", required: ["code", "message", "retryable"],
        [
            "code": Shape.choice("For programs.", codes), "message": Shape.text("One sentence for people."),
            "field": Shape.text("The manifest's field, references[0]."),
            "limit": Shape.text("The limit that was passed."), "value": Shape.text("The value that was met."),
            "hint": Shape.text("What to do."),
            "retryable": Shape.choice("Whether the unchanged job may end differently.", ["yes", "no", "unknown"]),
            "provider_code": Shape.text("The provider's own code.", "^[A-Za-z0-9._-]{1,64}$"),
        ])

    private static let attempt = Shape.open(
        "One request.", required: ["output", "route", "class", "billed", "cost"],
        [
            "output": Shape.count("The output it was for, counted from 1."), "route": Shape.text("The route."),
            "fallback_from": Shape.text("The route that this one stood in for, as its fallback."),
            "request_id": Shape.text("The provider's id of the request."),
            "class": Shape.text("How it ended: success, rate_limited, outcome_unknown, …", "^[a-z_]+$"),
            "billed": Shape.choice("Whether it was paid for.", Shape.billed),
            "cost": Shape.open(
                "What it cost.", required: ["micro_usd", "source"],
                [
                    "micro_usd": Shape.count("Micro-dollars."),
                    "source": Shape.choice("Where the amount is from.", ["usage", "estimate", "none"]),
                ]),
        ])

    private static let output = Shape.open(
        "One picture.", required: ["name", "width", "height", "format", "bytes", "sha256"],
        [
            "name": Shape.text("File name in this folder."), "width": Shape.count("Pixels."),
            "height": Shape.count("Pixels."), "format": Shape.choice("Format of the file.", Shape.formats),
            "bytes": Shape.count("Size of the file."), "sha256": Shape.digest("Digest of the file."),
            "expires_at": Shape.moment("When it is deleted here; missing where it is kept."),
            "preview": Shape.text("File name of its marked preview in this folder, where it is protected."),
            "gallery": Shape.text("File name in the gallery, where it is shown."),
        ])
}

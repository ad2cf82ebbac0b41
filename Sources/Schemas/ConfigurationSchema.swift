import Documents

/// The configuration, as its reader takes it.
enum ConfigurationSchema {
    static let body = Shape.closed(
        "Settings of Darkroom. Unknown keys are errors; leave a key out rather than writing null.",
        required: ["models"],
        [
            "spool": .fields([
                "description": "Where jobs come in and go out: an absolute path, or an object with it.",
                "anyOf": [
                    path("The folder."),
                    Shape.closed(
                        "The folder and who may write to it.", required: ["path"],
                        [
                            "path": path("The folder."),
                            "group": account(
                                "A group that may hand over and take outcomes away: inbox/ gets mode 2770, outcome folders 2750."
                            ),
                            "requests_group": .fields([
                                "description":
                                    "A group that may ask for subjects by files in requests/, which gets mode 2770.",
                                "anyOf": [
                                    .fields(["type": "string"]), .fields(["type": "integer", "minimum": 0]),
                                    .fields(["type": "null"]),
                                ],
                            ]),
                        ]),
                ],
            ]),
            "listen": .fields([
                "description": "Numeric address and port of status page, health and metrics, or off.", "type": "string",
                "pattern": "^(off|[0-9.]+:[0-9]+|\\[[0-9A-Fa-f:.]+\\]:[0-9]+)$",
            ]),
            "page": Shape.closed(
                "The status page.",
                ["pictures": Shape.flag("Show the newest outputs, small, to whoever can open it; false unless set.")]),
            "log": Shape.closed(
                "Lines on standard error.",
                [
                    "level": Shape.choice("Least level that is written.", ["debug", "info", "warning", "error"]),
                    "format": Shape.choice("Plain on a terminal where this is left out.", ["json", "plain"]),
                ]),
            "inbox": inbox,
            "queue": Shape.closed(
                "How much is taken in.",
                [
                    "max_accepted": Shape.integer("Most jobs that are accepted and not settled.", 1...10_000_000),
                    "max_wait": Shape.span(
                        "What a route can not serve inside this time stays in the inbox: from 1m to 24h."),
                ]),
            "models": models,
            "templates": orNull(path("The folder of prompt templates, NAME@VERSION.json5; none where null.")),
            "abuse": Shape.closed(
                "What is refused before anybody is called.",
                [
                    "deny_list": orNull(
                        path(
                            "A file of phrases that no prompt may hold: one a line, # begins a remark; none where null."
                        ))
                ]),
            "network": Shape.closed(
                "The way out. The environment's proxy variables are ignored.",
                [
                    "proxy": orNull(Shape.text("A URL such as http://proxy:3128, or null.", "://")),
                    "ca_file": orNull(path("Certificates to trust instead of the system's, or null.")),
                ]),
            "output": output,
            "workers": Shape.closed(
                "The processes that open pictures.",
                [
                    "count": Shape.integer("How many; 0 is one a core.", 0...64),
                    "timeout": Shape.span(
                        "Most processor time of one picture, all threads together, at least 1s; on the wall clock a "
                            + "worker is ended only after 20 times that without progress."),
                    "memory": Shape.byteCount(
                        "What all pictures in them may take at once, at least 128MB; more has to wait."),
                    "sandbox": Shape.choice(
                        "required: locked, or no picture is opened. off: limits of memory and time only.",
                        ["required", "off"]),
                ]),
            "formats": Shape.closed(
                "What is taken as a reference besides JPEG, PNG and WebP.",
                [
                    "heif": Shape.flag("HEIF and AVIF."), "gif": Shape.flag("GIF."),
                    "tiff": Shape.flag("TIFF; false unless set."),
                ]),
            "limits": limits,
            "disk": Shape.closed(
                "The spool's file system.",
                ["min_free": Shape.byteCount("Below this nothing is taken in and no call is made.")]),
            "budget": Shape.closed(
                "Money.",
                [
                    "per_job": Shape.number("Most dollars that one job may cost.", 0...1_000_000),
                    "per_day": Shape.number(
                        "Most dollars of a UTC day; more waits for the next.", 0...1_000_000),
                    "per_subject_day": Shape.number(
                        "Most dollars of one subject's UTC day; more waits for the next.", 0...1_000_000),
                ]),
            "retention": Shape.closed(
                "How long things stay.",
                [
                    "inputs": Shape.span("Prompts and references after settling; at most 24h."),
                    "outputs": .fields([
                        "description": "Outcome folders after settling: keep, or a duration.",
                        "anyOf": [.fields(["const": "keep"]), Shape.span("A duration.")],
                    ]),
                ]),
            "sidecar": Shape.closed(
                "The file beside each output.", ["include_prompt": Shape.flag("Write the prompt into it.")]),
            "provenance": Shape.closed(
                "Marks on outputs.",
                [
                    "xmp": Shape.fixed("Every output carries its packet.", true),
                    "c2pa": Shape.unbuilt("signatures."),
                ]),
            "policy": .fields([
                "description": "What is promised to the people whose pictures these are.",
                "anyOf": [
                    Shape.choice(
                        "One that Darkroom brings.",
                        ["default", "maiimage2", "image2", "gptimg2", "imagen2026", "gptimage2-blog"]),
                    path("Absolute path of a policy's file."),
                ],
            ]),
            "ledger": Shape.fixed("Other ledgers are not built yet.", "sqlite"),
            "blobs": Shape.fixed("Other stores are not built yet.", "file"),
            "processors": processors,
            "rates": Shape.closed(
                "How often somebody may ask.",
                [
                    "per_subject": .fields([
                        "description": "Requests of one subject in a time, such as 60/h; more wait.", "type": "string",
                        "pattern": "^[0-9]{1,7}/([0-9]+)?(ms|s|m|h|d)$",
                    ])
                ]),
            "seal": Shape.closed(
                "What the keys of inputs are sealed to; without it a file of the spool's own.",
                [
                    "key": .fields([
                        "description": "An age identity, as age-keygen makes one: exactly one source.",
                        "type": "object", "properties": keySources, "minProperties": 1, "maxProperties": 1,
                        "additionalProperties": false,
                    ])
                ]),
            "on_held": orNull(
                command("A program and its words, run for each job that a person has to decide about.")),
            "on_settled": orNull(command("A program and its words, run for each job that is done or failed.")),
        ])

    /// A name that the machine knows, or a number.
    private static func account(_ about: String) -> JSONValue {
        .fields(["description": .string(about), "type": ["string", "integer"], "minimum": 0])
    }

    private static let inbox = Shape.closed(
        "When a hand-over is whole.",
        [
            "settle": Shape.span("How long a file that was not renamed in must stay unchanged."),
            "orphan_after": Shape.span("An image that no prompt claims fails after this time."),
            "rescan": Shape.span("The folder is listed at least this often; from 1s."),
            "owners": .fields([
                "description":
                    "Whose files are taken, besides the daemon's own; others are left alone. Empty: everybody's.",
                "type": "array", "items": account("A user."),
            ]),
        ])

    private static let output = Shape.closed(
        "What becomes of an output where the job does not say.",
        [
            "size": Shape.outputSize("Size"), "fit": Shape.choice("How a box is filled.", ["inside", "cover", "pad"]),
            "format": Shape.choice("Format.", Shape.formats),
            "quality": Shape.integer("For every format but png.", 1...100),
            "png": Shape.choice("How hard the PNG writer tries.", ["fast", "balanced", "small"]),
            "upscale": Shape.choice("How pixels are added.", ["plain", "enhanced"]),
        ])

    private static let limits = Shape.closed(
        "The largest that is taken in.",
        [
            "reference_bytes": Shape.byteCount("Size of one reference's file."),
            "reference_pixels": Shape.integer("Pixels of one reference.", 1...1_000_000_000),
            "reference_edge": Shape.integer("Longest edge of one reference in pixels.", 16...65_535),
            "references": Shape.integer("References of one job.", 0...64),
            "job_bytes": Shape.byteCount("Size of one job's images together."),
            "manifest_bytes": Shape.byteCount("Size of a manifest or prompt file."),
        ])

    private static let processors: JSONValue = .fields([
        "description":
            "The register: who receives data of jobs, one row an account. Routes go by the row that they name.",
        "type": "object", "propertyNames": .fields(["pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"]),
        "additionalProperties": Shape.closed(
            "One of them. What is unknown meets nothing that is required.", required: ["legal_name"],
            [
                "legal_name": line("Who it is, as the contract says."), "purpose": line("What it gets the data for."),
                "categories": .fields([
                    "description": "What it may get; prompt and parameters are in every request.", "type": "array",
                    "items": .fields([
                        "enum": ["prompt", "parameters", "references", "mask", "subject_pseudonym"]
                    ]),
                    "allOf": [
                        .fields(["contains": .fields(["const": "prompt"])]),
                        .fields(["contains": .fields(["const": "parameters"])]),
                    ],
                ]),
                "hosts": Shape.array(
                    "Where it is reached; requests go to no other host, but for loopback addresses.",
                    of: Shape.text("A host's name.", "^[^/:@?# ]+$")),
                "regions": Shape.regions("Every place where it may process the data; local is this machine."),
                "retention": Shape.kept("How long it keeps the data: none, a duration, or unknown.", orUnknown: true),
                "training": Shape.choice("Whether it trains on the data.", ["never", "may", "unknown"]),
                "dpa": line("The contract on the processing of personal data."),
                "from": Shape.text("The day from which the row holds.", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
                "source": line("Where all this is said."),
            ]),
    ])

    /// A line for people.
    private static func line(_ about: String) -> JSONValue {
        Shape.text(about, "^[^\\u0000-\\u001f\\u007f]*$", atLeast: 1, atMost: 500)
    }

    // MARK: routes

    private static let models: JSONValue = .fields([
        "description": "Routes to models by name, and the default one; it may be left out beside a single route.",
        "type": "object", "minProperties": 1,
        "properties": .fields(["default": Shape.text("The route of a job that names none.")]),
        "propertyNames": .fields(["pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"]),
        "additionalProperties": .fields([
            "oneOf": [microsoftMAI, openAI, azureOpenAI, googleGemini, openRouter, simulator]
        ]),
        "anyOf": [
            .fields(["required": ["default"], "minProperties": 2]),
            .fields(["not": .fields(["required": ["default"]]), "maxProperties": 1]),
        ],
    ])

    private static let microsoftMAI = route(
        "Microsoft's MAI image API in Foundry.", "microsoft-mai",
        required: ["provider", "endpoint", "deployment", "family", "key"],
        account(
            .init(key: "deployment", value: Shape.text("The name you gave the deployment.", modelName)),
            family: Shape.choice(
                "What it deploys: sizes and prices hang on it.",
                ["2", "2e", "2.5", "2.5-flash", "2.5-pro", "2.6", "2.6-flash", "2.7", "2.7-flash"]), takesTokens: true))

    private static let openAIFamilies = Shape.choice(
        "What the model's name does not say by itself: sizes and prices hang on it.",
        [
            "gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare",
            "gpt-image-2.6-sunburst",
        ])

    private static let openAI = route(
        "The OpenAI Images API.", "openai", required: ["provider", "model", "key"],
        account(.init(key: "model", value: Shape.text("The model.", modelName)), family: openAIFamilies))

    private static let apiVersion =
        "Version of the API. Azure: calls the classic path with it, the v1 path without it. Gemini: v1beta unless set."

    private static let azureOpenAI = route(
        "The OpenAI Images API as Azure serves it.", "azure-openai",
        required: ["provider", "endpoint", "deployment", "family", "key"],
        account(
            .init(key: "deployment", value: Shape.text("The name you gave the deployment.", modelName)),
            family: openAIFamilies, takesTokens: true)
            + [
                .init(
                    key: "api_version",
                    value: Shape.text(apiVersion, "^20[0-9]{2}-[0-9]{2}-[0-9]{2}(-[a-z]{1,16})?$"))
            ])

    private static func command(_ about: String) -> JSONValue {
        .fields([
            "description": .string(about), "type": "array", "items": Shape.text("A word.", atMost: 4096), "minItems": 1,
            "maxItems": 64,
        ])
    }

    private static let tokenCommand = command(
        "A program and its words; it prints an access token, or a JSON document with one and its end.")

    private static let googleGemini = route(
        "The image models of the Gemini API.", "google-gemini", required: ["provider", "model", "key"],
        account(
            .init(key: "model", value: Shape.text("The model.", modelName)),
            family: Shape.choice(
                "The known model that an unknown name stands for.",
                [
                    "gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-image",
                    "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image",
                ]))
            + [
                .init(key: "api_version", value: Shape.choice(apiVersion, ["v1beta", "v1"]))
            ])

    private static let openRouter = route(
        "The Image API of OpenRouter.", "openrouter", required: ["provider", "model", "key"],
        account(
            .init(key: "model", value: Shape.text("The model, with its maker.", modelName)),
            family: Shape.text("The known model that an unknown name stands for.", "^(microsoft|openai|google)/")))

    private static let modelName = "^(?!.*\\.\\.)[A-Za-z0-9._/:@-]{1,128}$"

    private static let keySources = JSONValue.fields([
        "credential": Shape.text("A file of $CREDENTIALS_DIRECTORY."),
        "file": Shape.text("A file that others may not read."), "env": Shape.text("An environment variable."),
    ])

    /// The keys of every route that has an account somewhere.
    private static func account(
        _ name: JSONValue.Member, family: JSONValue, takesTokens: Bool = false
    ) -> [JSONValue.Member] {
        let sources = JSONValue.object(
            (keySources.members ?? [])
                + (JSONValue.fields([
                    "token_command": takesTokens ? tokenCommand : nil,
                    "token_file": takesTokens
                        ? Shape.text("A file that others may not read, which something else keeps an access token in.")
                        : nil,
                ]).members ?? []))
        let shared = JSONValue.fields([
            "endpoint": Shape.text(
                "Base URL before the contract's path; http for loopback addresses only.",
                "^(https://[^@?# ]+|http://(127\\.0\\.0\\.1|localhost|\\[::1\\])([:/][^@?# ]*)?)$"),
            "family": family,
            "key": .fields([
                "description": "Where the key is read from: exactly one source.", "type": "object",
                "properties": sources, "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
            ]),
            "capability": Shape.closed(
                "What you know better than the built-in table of the family.",
                [
                    "references": Shape.integer("Most references; 0 for none.", 0...16),
                    "mask": Shape.flag("false where it takes no mask; a contract without masks stays without."),
                    "pixels": Shape.integer("Most pixels of a picture.", 65_536...67_108_864),
                    "reference_edge": Shape.integer("Longest edge of a reference as sent.", 64...16_384),
                    "reference_bytes": Shape.byteCount("Most bytes of a reference as sent."),
                    "prices": Shape.closed(
                        "Dollars.",
                        [
                            "text_in": Shape.number("A million tokens of text.", 0...1_000_000),
                            "image_in": Shape.number("A million tokens of references.", 0...1_000_000),
                            "image_out": Shape.number("A million tokens of pictures.", 0...1_000_000),
                            "image": Shape.number("One picture, where that is the price.", 0...1_000_000),
                        ]),
                ]),
        ])
        return [name] + (shared.members ?? [])
    }

    private static let simulator = route(
        "Pictures without a key or a network, which say that they are simulated.", "simulator", required: ["provider"],
        [])

    private static func route(
        _ about: String, _ provider: String, required: [String], _ own: [JSONValue.Member]
    ) -> JSONValue {
        let pace = JSONValue.fields([
            "requests_per_minute": Shape.integer("Pace of the calls.", 1...100_000),
            "concurrency": Shape.integer("Most calls under way at once.", 1...10_000),
            "timeout": Shape.span("Longest that a call may take, 1s to 1h."),
            "on_unknown": Shape.choice(
                "A call whose end is unknown: held for a person, or made once more, which may be paid twice.",
                ["hold", "retry-once"]),
            "processor": Shape.text(
                "The row of processors that says who receives what; without it the one that is named as the provider.",
                "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
            "accept_urls": Shape.closed(
                "From where pictures are fetched if an answer names only their URL; without it none is.",
                required: ["hosts"],
                [
                    "hosts": Shape.array(
                        "Exact host names or addresses, at port 443 or the endpoint's own.",
                        of: Shape.text("A host or an address.", "^[A-Za-z0-9.:\\[\\]-]{1,253}$"))
                ]),
            "fallback": Shape.text(
                "Another route of this file, that takes over where this one cannot serve an output and nothing was paid.",
                "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
        ])
        let provider = JSONValue.Member(key: "provider", value: Shape.fixed("The service.", .string(provider)))
        return .fields([
            "description": .string(about), "type": "object", "required": .array(required.map { .string($0) }),
            "properties": .object([provider] + own + (pace.members ?? [])), "additionalProperties": false,
        ])
    }

    // MARK: values

    private static func path(_ about: String) -> JSONValue { Shape.text(about, "^/", atLeast: 2) }

    private static func null(_ about: String) -> JSONValue {
        .fields(["description": .string(about), "type": "null"])
    }

    private static func orNull(_ shape: JSONValue) -> JSONValue {
        .fields(["anyOf": [shape, .fields(["type": "null"])]])
    }

}

import Documents

/// `job.json`, as the manifest's reader takes it.
enum JobSchema {
    static let body = Shape.closed(
        "What a job asks for. Unknown keys fail the job; leave a key out rather than writing null.",
        [
            "prompt": Shape.text(
                "What to draw, 1 to 32,000 Unicode scalars, not white space alone.", "\\S", atLeast: 1, atMost: 32_000),
            "template": Shape.closed(
                "A prompt that the operator wrote down, in place of a prompt.", required: ["name"],
                [
                    "name": Shape.text("Which one.", "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
                    "version": Shape.integer("The newest where it is left out.", 1...1_000_000),
                    "variables": Shape.map("What goes into its places.", of: Shape.text("Put in as it is.")),
                ]),
            "references": Shape.array(
                "Images beside the manifest that the model starts from, in order.", of: fileName("One image."),
                unique: true),
            "mask": fileName(
                "An image beside the manifest, as large as the first reference: transparent, or white where it has no alpha, is repainted."
            ),
            "id": Shape.text(
                "The caller's own id; a second hand-over under it is recognized.",
                "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
            "model": Shape.text("A route of the configuration; the configured default where there is none."),
            "aspect_ratio": Shape.text(
                "Width to height, each 1 to 100. Not beside size. Without both: reference 1's ratio, else 1:1.",
                "^[0-9]{1,3}:[0-9]{1,3}$"),
            "size": Shape.text(
                "Size in pixels to ask the model for; the nearest legal one with no more pixels is taken.",
                "^[0-9]{2,5}x[0-9]{2,5}$"),
            "count": Shape.integer("Outputs to make; 1 by default.", 1...10),
            "quality": Shape.text("The model's own quality word, where it has one."),
            "background": Shape.text("The model's own word for the background, where it has one."),
            "seed": Shape.integer("Where the model has one.", 0...Int(Int32.max)),
            "parameters": Shape.map("The provider's own fields, from the model's allow-list.", of: .object([])),
            "output": output,
            "subject": Shape.text(
                "Whose data this is, as a pseudonym; kept only as a keyed hash.", "^[A-Za-z0-9._:@-]{1,128}$"),
            "plan": Shape.text(
                "What the policy's prices hang on; refused where they do not.", "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$"),
            "attestations": Shape.array(
                "What the caller vouches for; some policies want it.", of: Shape.text("A name.", "^[a-z0-9_]{1,64}$")),
            "visibility": Shape.choice(
                "Who may see the outputs in the gallery, where the policy shows any: nobody, who knows their names, or everybody.",
                ["private", "unlisted", "public"]),
            "protect": Shape.flag(
                "Forbids data mining in the outputs and puts a marked preview beside each; it prevents no copy."),
            "require": Shape.closed(
                "What the service must meet that gets the data; a job that has no such service is refused before it is sent.",
                [
                    "regions": Shape.regions("Where it may be processed: all places of its row must lie in these."),
                    "provider_retention": Shape.kept("Longest that it may be kept there."),
                ]),
            "retain": Shape.closed(
                "Shorter lives for this job than the configuration's.",
                [
                    "inputs": Shape.span("After settling; at most 24 hours after acceptance in any case."),
                    "outputs": Shape.span("After settling."),
                ]),
            "save": Shape.flag(
                "Keeps the outputs beyond their time, where the policy lets a subject choose; not beside retain.outputs."
            ),
            "max_cost": Shape.number("Dollars; refused before anything is spent.", 0...100_000),
            "priority": Shape.integer("Higher goes first; 0 by default.", -1000...1000),
        ],
        also: [
            .init(
                key: "not",
                value: .fields([
                    "anyOf": [
                        .fields(["required": ["size", "aspect_ratio"]]),
                        .fields([
                            "required": ["save", "retain"],
                            "properties": .fields([
                                "save": .fields(["const": true]), "retain": .fields(["required": ["outputs"]]),
                            ]),
                        ]),
                    ]
                ])),
            .init(
                key: "oneOf",
                value: .array([.fields(["required": ["prompt"]]), .fields(["required": ["template"]])])),
        ])

    private static let output = Shape.closed(
        "What to make of the model's picture; the configuration's values where a key is left out.",
        [
            "size": Shape.outputSize("Size of the output"),
            "fit": Shape.choice(
                "A picture of another ratio than the asked box: the whole of it, cut from the centre, or on a ground.",
                ["inside", "cover", "pad"]),
            "format": Shape.choice("Format of the output.", Shape.formats),
            "quality": Shape.integer("For every format but png.", 1...100),
            "upscale": Shape.choice("How pixels are added.", ["plain", "enhanced"]),
            "original": Shape.flag("Also deliver the provider's bytes, untouched."),
        ])

    private static func fileName(_ about: String) -> JSONValue {
        Shape.text(
            about + " A plain name: no path, not hidden.",
            "^[^./\\\\\\u0000-\\u001f][^/\\\\\\u0000-\\u001f]*$", atMost: 255)
    }
}

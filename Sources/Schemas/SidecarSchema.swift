import Documents

/// The sidecar, as it stands beside every output.
enum SidecarSchema {
    static let body = Shape.open(
        "How one output was made, and which file it is.",
        required: [
            "schema", "job", "output", "created", "simulated", "model", "parameters", "native", "upscale", "references",
            "cost", "timings_ms", "digital_source_type", "provenance", "policy", "retention", "generator",
        ],
        [
            "schema": Shape.fixed("Name and version of this form.", "darkroom.sidecar/1"),
            "job": Shape.text("The job's id."),
            "output": file("The picture that this stands beside.", ["index": Shape.count("Counted from 1.")]),
            "original": file("The provider's bytes, untouched, where the job asked for them.", [:]),
            "preview": file("The marked preview, where the output is protected.", [:]),
            "protect": Shape.fixed("Whether the output forbids data mining; missing where it does not.", true),
            "created": Shape.moment("When the output was finished, by the wall clock."),
            "simulated": Shape.flag("Whether the simulator made the picture and no model did."),
            "model": model,
            "parameters": Shape.map("What was sent beside prompt and pictures.", of: .object([])),
            "native": native,
            "upscale": upscale,
            "references": Shape.open(
                "What the model started from.", required: ["count", "sizes"],
                [
                    "count": Shape.count("References."),
                    "sizes": Shape.array(
                        "Each one's size as it was sent.", of: Shape.open("One.", required: ["width", "height"], edges)),
                ]),
            "usage": Shape.open(
                "What the provider counted, where it says so.",
                required: ["input_text_tokens", "input_image_tokens", "output_tokens"],
                [
                    "input_text_tokens": Shape.count("Tokens of the prompt."),
                    "input_image_tokens": Shape.count("Tokens of the references."),
                    "output_tokens": Shape.count("Tokens of the picture."),
                ]),
            "cost": Shape.open(
                "What this output cost.", required: ["micro_usd", "source"],
                [
                    "micro_usd": Shape.count("Micro-dollars."),
                    "source": Shape.choice("Where the amount is from.", ["usage", "estimate", "none"]),
                ]),
            "timings_ms": Shape.map("Milliseconds a stage.", of: Shape.count("Milliseconds.")),
            "digital_source_type": Shape.text(
                "Term of the IPTC vocabulary, as in the picture's XMP.", "^http://cv\\.iptc\\.org/"),
            "provenance": Shape.open(
                "Marks that the output carries.", required: ["xmp", "signed", "parent_kept"],
                [
                    "xmp": Shape.flag("An XMP packet with the source type."), "signed": Shape.flag("A C2PA signature."),
                    "parent_kept": Shape.flag("Whether the provider's own manifest is part of it."),
                ]),
            "policy": Shape.open(
                "The policy that the job ran under.", required: ["id", "sha256"],
                [
                    "id": Shape.text("Its name."),
                    "sha256": Shape.text("Digest of its text; empty for the built-in one."),
                ]),
            "retention": Shape.open(
                "What ends when.", required: ["inputs_delete_by"],
                [
                    "inputs_delete_by": Shape.moment("By when prompt and references are gone."),
                    "output_expires_at": Shape.moment("When the output is deleted here; missing where it is kept."),
                ]),
            "generator": Shape.open(
                "The program that wrote this.", required: ["name", "version"],
                ["name": Shape.text("Its name."), "version": Shape.text("Its version.")]),
            "prompt": Shape.text("The prompt; only where sidecar.include_prompt is set."),
        ])

    private static let model = Shape.open(
        "What drew the picture.", required: ["provider", "route", "model"],
        [
            "provider": Shape.text("The service."), "route": Shape.text("The configuration's name for it."),
            "model": Shape.text("As asked."), "version": Shape.text("As answered, where the answer says."),
            "fallback_from": Shape.text("The route that this one stood in for, as its fallback."),
        ])

    private static let native = Shape.open(
        "The model's picture before it was enlarged.", required: ["width", "height", "format", "sha256", "provenance"],
        [
            "width": Shape.count("Pixels."), "height": Shape.count("Pixels."),
            "format": Shape.choice("Format of the answer.", Shape.formats),
            "sha256": Shape.digest("Digest of its bytes."),
            "provenance": Shape.array("Marks found in it.", of: Shape.choice("One.", ["c2pa", "xmp"])),
            "asked": Shape.text(
                "The size that was asked for, where the model answered with another.", "^[0-9]+x[0-9]+$"),
        ])

    private static let upscale = Shape.open(
        "How it was enlarged.", required: ["method"],
        [
            "method": Shape.choice("none where the native size was kept.", ["none", "plain", "enhanced"]),
            "kernel": Shape.choice("What resampled; the bank works on luma.", ["lanczos3", "bank+lanczos3"]),
            "factor": .fields(["description": "Growth of the long edge.", "type": "number", "exclusiveMinimum": 0]),
        ])

    private static let edges: KeyValuePairs<String, JSONValue> = [
        "width": Shape.count("Pixels."), "height": Shape.count("Pixels."),
    ]

    /// What a sidecar says of one file, after the members that this file alone has.
    private static func file(_ about: String, _ first: KeyValuePairs<String, JSONValue>) -> JSONValue {
        let facts = JSONValue.fields([
            "file": Shape.text("File name in this folder."), "sha256": Shape.digest("Digest of the file."),
            "bytes": Shape.count("Size of the file."), "width": Shape.count("Pixels."),
            "height": Shape.count("Pixels."),
            "format": Shape.choice("Format of the file.", Shape.formats),
        ])
        let all = first.map { JSONValue.Member(key: $0.key, value: $0.value) } + (facts.members ?? [])
        return .fields([
            "description": .string(about), "type": "object", "required": .array(all.map { .string($0.key) }),
            "properties": .object(all),
        ])
    }
}

import Documents

/// The lists of models that the services give, as far as they name models that draw.
enum ModelList {
    private static let openAI = [
        "gpt-image-2", "gpt-image-2-2026-04-21", "gpt-image-2.5-flare", "gpt-image-2.5-flare-2026-09-08",
        "gpt-image-2.5-sunburst", "gpt-image-2.5-sunburst-2026-09-08", "gpt-image-2.6-flare", "gpt-image-2.6-sunburst",
    ]

    private static let openRouter =
        [
            "microsoft/mai-image-2.5", "microsoft/mai-image-2.5-pro", "microsoft/mai-image-2.6",
            "microsoft/mai-image-2.6-flash", "microsoft/mai-image-2.7", "openai/gpt-image-2",
            "openai/gpt-image-2.5-flare", "openai/gpt-image-2.5-sunburst", "openai/gpt-image-2.6-flare",
            "openai/gpt-image-2.6-sunburst",
        ] + GeminiModel.names.map { "google/" + $0 } + ["black-forest-labs/flux.2-pro", "bytedance-seed/seedream-4.5"]

    /// 2026-01-01.
    private static let created: JSONValue = 1_767_225_600

    /// The answer at a path that lists models or shows one; nil for every other path, and for a model that is not there.
    static func page(of path: String, _ contract: Contract) -> JSONValue? {
        switch (contract, path) {
        case (.openAI, "/v1/models"), (.azure, "/openai/v1/models"):
            return .fields(["object": "list", "data": .array(openAI.map { model(openAI: $0) })])
        case (.openAI, _):
            return Resource.name(path, "/v1/models/").flatMap { openAI.contains($0) ? model(openAI: $0) : nil }
        case (.gemini, "/v1/models"), (.gemini, "/v1beta/models"):
            return .fields(["models": .array(GeminiModel.names.map { model(gemini: $0) })])
        case (.gemini, _):
            let name = Resource.name(path, "/v1/models/") ?? Resource.name(path, "/v1beta/models/")
            return name.flatMap { GeminiModel.names.contains($0) ? model(gemini: $0) : nil }
        case (.openRouter, "/api/v1/images/models"):
            return .fields(["data": .array(openRouter.map { model(openRouter: $0) })])
        default: return nil
        }
    }

    private static func model(openAI name: String) -> JSONValue {
        .fields(["id": .string(name), "object": "model", "created": created, "owned_by": "system"])
    }

    private static func model(gemini name: String) -> JSONValue {
        .fields([
            "name": .string("models/" + name), "version": "1", "displayName": .string(name),
            "description": "Simulated.", "inputTokenLimit": 65_536, "outputTokenLimit": 32_768,
            "supportedGenerationMethods": ["generateContent"],
        ])
    }

    private static func model(openRouter name: String) -> JSONValue {
        func words(_ values: [String]) -> JSONValue {
            .fields(["type": "enum", "values": .array(values.map { .string($0) })])
        }
        func range(_ bounds: ClosedRange<Int>) -> JSONValue {
            .fields(["type": "range", "min": .integer(bounds.lowerBound), "max": .integer(bounds.upperBound)])
        }
        return .fields([
            "id": .string(name), "name": .string(name), "created": created, "description": "Simulated.",
            "endpoints": .string("/api/v1/images/models/\(name)/endpoints"),
            "architecture": .fields(["input_modalities": ["text", "image"], "output_modalities": ["image"]]),
            "supported_parameters": .fields([
                "aspect_ratio": words(DrawOrder.ratios), "output_format": words(["png", "jpeg", "webp"]),
                "n": range(1...(name.hasPrefix("openai/") ? 10 : 1)),
                "input_references": range(0...Contract.openRouter.mostReferences),
            ]),
            "supports_streaming": false,
        ])
    }
}

import Domain

/// The families of the Microsoft MAI image API.
package enum MAIFamilies {
    package static let names = ["2", "2e", "2.5", "2.5-flash", "2.5-pro", "2.6", "2.6-flash", "2.7", "2.7-flash"]
}

/// The families of the OpenAI Images API, and which one a model's name belongs to.
package enum OpenAIFamilies {
    package static let names = [
        "gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare", "gpt-image-2.6-sunburst",
    ]

    /// A name may carry the day of its version: `gpt-image-2-2026-04-21`.
    package static func family(ofModel name: String) -> String? {
        names.filter { name == $0 || name.hasPrefix($0 + "-20") }.max { $0.count < $1.count }
    }
}

/// The Gemini models that draw.
package enum GeminiFamilies {
    package static let names = [
        "gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image",
        "gemini-2.5-flash-image",
    ]
}

/// The models of OpenRouter that are known here: their maker's family tells what they take.
package enum OpenRouterFamilies {
    package static let names =
        ["2.5", "2.5-pro", "2.6", "2.6-flash", "2.7"].map { "microsoft/mai-image-" + $0 }
        + OpenAIFamilies.names.map { "openai/" + $0 } + GeminiFamilies.names.map { "google/" + $0 }
}

extension Route.Provider {
    /// The model families that are known of this provider.
    package var families: [String] {
        switch self {
        case .microsoftMAI: MAIFamilies.names
        case .openAI, .azureOpenAI: OpenAIFamilies.names
        case .googleGemini: GeminiFamilies.names
        case .openRouter: OpenRouterFamilies.names
        case .simulator: []
        }
    }

    /// The family that a model's name says by itself; nil where it does not.
    func family(ofModel name: String) -> String? {
        switch self {
        case .openAI: OpenAIFamilies.family(ofModel: name)
        case .googleGemini, .openRouter: families.first { $0 == name }
        // A deployment's name is its owner's choice.
        case .microsoftMAI, .azureOpenAI, .simulator: nil
        }
    }

    /// Where the provider itself is reached; nil where every account has an address of its own.
    var publicEndpoint: String? {
        switch self {
        case .openAI: "https://api.openai.com"
        case .googleGemini: "https://generativelanguage.googleapis.com"
        case .openRouter: "https://openrouter.ai"
        case .microsoftMAI, .azureOpenAI, .simulator: nil
        }
    }

    /// The longest that a picture is waited for unless a route says otherwise: contracts, section 1.
    var usualTimeout: Span {
        switch self {
        case .microsoftMAI, .googleGemini: .seconds(300)
        case .openAI, .azureOpenAI, .openRouter: .seconds(600)
        // What draws are image workers of this machine, which are judged by their processor time.
        case .simulator: .hours(1)
        }
    }
}

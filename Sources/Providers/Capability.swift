import Domain
package import Settings

/// What one model family takes and what it costs: a row of the contract's tables, as data.
package struct Capability: Sendable, Hashable {
    package var sizes: Sizes
    /// Most references; 0 where the model only generates.
    package var references: Int
    package var allowsMask = false
    /// Whether a request with references carries a size, or the model keeps the first reference's ratio.
    package var sizesEdits = true
    /// Values of `quality` and `background`; empty where the field does not exist.
    package var qualities: [String] = []
    package var backgrounds: [String] = []
    /// The provider's own fields that `parameters` may carry.
    package var parameters: [String] = []
    /// Limits of a reference as sent.
    package var referenceEdge = 2048
    package var referenceBytes = 7_000_000
    /// Most bytes of all references of one request.
    package var allReferenceBytes = 20_000_000
    /// Most bytes of a mask; OpenAI's contract, section 5.2, names 4 MB and 50 MB, and "under" both.
    package var maskBytes = 3_999_999
    package var tokens = OutputTokens.byArea
    package var prices: Prices

    /// Most bytes of each of `count` references: all of them together have to fit as well.
    package func referenceBytes(each count: Int) -> Int { min(referenceBytes, allReferenceBytes / max(1, count)) }

    /// What a reference, of `count`, and a mask may be so that every one of these routes takes them.
    package static func bounds(_ routes: [Route], references count: Int) -> (edge: Int, bytes: Int, maskBytes: Int) {
        let able = routes.map(\.capability)
        return (
            able.map(\.referenceEdge).min() ?? 0, able.map { $0.referenceBytes(each: count) }.min() ?? 0,
            able.map(\.maskBytes).min() ?? 0
        )
    }

    /// What the configuration says about this route's model, which its operator may know better.
    func with(_ own: CapabilityOverride) -> Capability {
        var able = self
        if let references = own.references { able.references = references }
        // Only taken away: where a contract has no field for it, a mask would be left out without a word.
        if own.mask == false { able.allowsMask = false }
        if let edge = own.referenceEdge { able.referenceEdge = edge }
        if let bytes = own.referenceBytes { able.referenceBytes = bytes.bytes }
        if let pixels = own.mostPixels {
            switch able.sizes {
            case .rules(var rules):
                rules.mostPixels = pixels
                able.sizes = .rules(rules)
            case .table(let tiers): able.sizes = .table(tiers.filter { $0.size.pixels <= pixels })
            }
        }
        if let prices = own.prices {
            if let textIn = prices.textIn { (able.prices.textIn, able.prices.cachedIn) = (textIn, textIn) }
            if let imageIn = prices.imageIn { (able.prices.imageIn, able.prices.cachedImageIn) = (imageIn, imageIn) }
            if let imageOut = prices.imageOut { able.prices.imageOut = imageOut }
            if let each = prices.image { able.tokens = .flat(each) }
        }
        return able
    }
}

/// How many output tokens a picture is expected to take, before the provider has said it.
package enum OutputTokens: Sendable, Hashable {
    /// One for 1,024 pixels.
    case byArea
    /// OpenAI's rule: what a square of 1,024 pixels takes by quality, scaled by `shape`. Without a wish the most expensive
    /// quality is assumed.
    case byQuality([String: Double])
    /// By the tier's name; the empty name where there is one only.
    case byTier([String: Double])
    /// Every picture at this price in micro-dollars, whatever its size.
    case flat(Int64)

    func count(_ size: SizeTier, quality: String?) -> Double {
        switch self {
        case .byArea: return Double((size.size.pixels + 1023) / 1024)
        case .byQuality(let tokens):
            let most = tokens.values.max() ?? 0
            return ((quality.flatMap { tokens[$0] } ?? most) * Self.shape(size.size)).rounded(.up)
        case .byTier(let tokens): return tokens[size.tier ?? ""] ?? tokens.values.max() ?? 0
        case .flat: return 0
        }
    }

    /// The fewest and the most tokens of any picture that the model draws.
    func range(over sizes: Sizes) -> ClosedRange<Double> {
        let pixels = sizes.pixelRange
        switch self {
        case .byArea: return Double(pixels.lowerBound / 1024)...Double(pixels.upperBound / 1024 + 1)
        case .byQuality(let tokens):
            // A long picture takes less than a square of as many pixels, down to the steepest ratio.
            let least = Self.growth(pixels: pixels.lowerBound) / sizes.steepest
            let most = Self.growth(pixels: pixels.upperBound)
            return (tokens.values.min() ?? 0) * least...(tokens.values.max() ?? 0) * max(least, most)
        case .byTier(let tokens): return (tokens.values.min() ?? 0)...(tokens.values.max() ?? 0)
        case .flat: return 0...0
        }
    }

    /// How much more a picture of this size takes than a square of 1,024 pixels: (4608 + 2304 × megapixels) / 7024 × short / long.
    ///
    /// Derived from published prices: within 0.8 % of 48 rows at high, xhigh and max, within 4 % at medium.
    private static func shape(_ size: PixelSize) -> Double {
        let (short, long) = (Double(min(size.width, size.height)), Double(max(1, size.width, size.height)))
        return growth(pixels: size.pixels) * short / long
    }

    private static func growth(pixels: Int) -> Double { (4608 + 2304 * Double(pixels) / 1_000_000) / 7024 }
}

/// Dollars a million tokens, which is micro-dollars a token, as published on a day.
package struct Prices: Sendable, Hashable {
    package var textIn: Double
    /// Text read from the provider's cache; counted as `textIn` where there is no such discount.
    package var cachedIn: Double
    package var imageIn: Double
    /// Picture tokens read from the provider's cache; counted as `imageIn` where there is no such discount.
    package var cachedImageIn: Double
    package var imageOut: Double
    /// Text and thinking that come beside the picture.
    package var textOut: Double
    /// The day of the price list, as in 2026-11-21.
    package var asOf: String

    package init(
        textIn: Double, cachedIn: Double? = nil, imageIn: Double, cachedImageIn: Double? = nil, imageOut: Double,
        textOut: Double = 0, asOf: String = "2026-11-21"
    ) {
        self.textIn = textIn
        self.cachedIn = cachedIn ?? textIn
        self.imageIn = imageIn
        self.cachedImageIn = cachedImageIn ?? imageIn
        self.imageOut = imageOut
        self.textOut = textOut
        self.asOf = asOf
    }

    package static let free = Prices(textIn: 0, imageIn: 0, imageOut: 0)
}

extension Route {
    /// What the route's model family can do.
    package var capability: Capability {
        let able =
            switch provider {
            case .microsoftMAI: MicrosoftMAI.capability(of: family)
            case .openAI, .azureOpenAI: OpenAIImages.capability(of: family)
            case .googleGemini: GoogleGemini.capability(of: family)
            case .openRouter: OpenRouter.capability(of: family)
            case .simulator: Capability.simulated
            }
        return able.with(override)
    }
}

extension Capability {
    /// gpt-image-2, free of charge.
    package static let simulated: Capability = {
        var able = OpenAIImages.capability(of: "gpt-image-2")
        able.prices = .free
        return able
    }()
}

import Documents

/// What an answer says that its call took: tokens, or money where the service books it itself.
package struct Bill: Sendable, Hashable {
    package var usage: TokenUsage?
    /// Micro-dollars.
    package var cost: Int64?
    /// A count or a price stood there that can be none: negative, no number, or beyond any call.
    package var isUnreadable = false

    package init(usage: TokenUsage? = nil, cost: Int64? = nil) {
        self.usage = usage
        self.cost = cost
    }

    /// Nil where the answer said nothing of its cost.
    var orNil: Bill? { usage == nil && cost == nil && !isUnreadable ? nil : self }
}

/// Tokens as the provider counted them; each count is between 0 and `CountReader.most`.
package struct TokenUsage: Sendable, Hashable {
    package var textIn: Int
    package var imageIn: Int
    package var imageOut: Int
    /// Tokens of `textIn` and `imageIn` that came from the provider's cache.
    package var cachedText: Int
    package var cachedImage: Int
    /// Text and thinking beside the picture.
    package var textOut: Int

    package init(
        textIn: Int, imageIn: Int, imageOut: Int, cachedText: Int = 0, cachedImage: Int = 0, textOut: Int = 0
    ) {
        self.textIn = textIn
        self.imageIn = imageIn
        self.imageOut = imageOut
        self.cachedText = min(cachedText, textIn)
        self.cachedImage = min(cachedImage, imageIn)
        self.textOut = textOut
    }

    /// Divides a count of cached tokens that does not say what they were: text first, which is the smaller discount.
    init(textIn: Int, imageIn: Int, imageOut: Int, cached: Int, textOut: Int = 0) {
        self.init(
            textIn: textIn, imageIn: imageIn, imageOut: imageOut, cachedText: min(cached, textIn),
            cachedImage: max(0, cached - textIn), textOut: textOut)
    }

    /// Micro-dollars at `prices`, rounded up. Cannot overflow: counts and prices are bounded where they enter.
    package func cost(at prices: Prices) -> Int64 {
        let parts: [(count: Int, price: Double)] = [
            (textIn - cachedText, prices.textIn), (cachedText, prices.cachedIn),
            (imageIn - cachedImage, prices.imageIn), (cachedImage, prices.cachedImageIn),
            (imageOut, prices.imageOut), (textOut, prices.textOut),
        ]
        return Amount.micro(parts.reduce(0) { $0 + Double($1.count) * $1.price })
    }
}

/// Reads the counts of one usage block, and notes what can be no count.
struct CountReader {
    /// No call takes more tokens.
    static let most = 1_000_000_000

    private(set) var isUnreadable = false

    /// The count at `value`; nil where there is none or it can be no count. A fraction is rounded up.
    mutating func count(_ value: JSONValue?) -> Int? {
        guard let value, value != .null else { return nil }
        guard let number = value.double, number >= 0, number <= Double(Self.most) else {
            isUnreadable = true
            return nil
        }
        return Int(number.rounded(.up))
    }

    /// Micro-dollars from the dollars at `value`.
    mutating func dollars(_ value: JSONValue?) -> Int64? {
        guard let value, value != .null else { return nil }
        guard let number = value.double, number >= 0, number <= Amount.mostDollars else {
            isUnreadable = true
            return nil
        }
        return Amount.micro(number * 1_000_000)
    }
}

/// Amounts of money from floating-point sums.
enum Amount {
    /// No call costs more dollars.
    static let mostDollars = 1_000_000.0

    /// Whole micro-dollars, rounded up, held between 0 and the largest that can be written; 0 for what is no number.
    static func micro(_ sum: Double) -> Int64 {
        guard sum > 0 else { return 0 }
        return sum < Double(Int64.max / 4) ? Int64(sum.rounded(.up)) : Int64.max / 4
    }
}

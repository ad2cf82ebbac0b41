package import Domain

/// Which sizes a model draws, in pixels.
package enum Sizes: Sendable, Hashable {
    /// Any that keeps the rules.
    case rules(SizeRules)
    /// Only these, asked for by ratio and tier.
    case table([SizeTier])

    /// The legal size that comes nearest to a ratio with at most `pixels` pixels; nil when none is within 10 %.
    package func nearest(ratio: Double, pixels: Int) -> SizeTier? {
        switch self {
        case .rules(let rules): rules.nearest(ratio: ratio, pixels: pixels)
        case .table(let tiers):
            SizeTier.nearest(among: tiers.lazy.filter { $0.size.pixels <= pixels }, ratio: ratio, pixels: pixels)
        }
    }

    package func allow(_ size: PixelSize) -> Bool {
        switch self {
        case .rules(let rules): rules.allows(size)
        case .table(let tiers): tiers.contains { $0.size == size }
        }
    }

    /// What an unspecified size aims at: about a megapixel. In tables of ratios and tiers the largest of that tier has
    /// 3072 × 384 pixels, a little more than one.
    var usualPixels: Int {
        switch self {
        case .rules: SizeRules.aboutOneMegapixel
        case .table: 1_200_000
        }
    }

    /// The steepest ratio, long side over short side, that has a legal size of about a megapixel.
    var steepestLegal: Double {
        switch self {
        case .rules(let rules): rules.steepestLegal
        case .table: steepest
        }
    }

    /// The fewest and the most pixels of a legal size.
    var pixelRange: ClosedRange<Int> {
        switch self {
        case .rules(let rules):
            let least = max(rules.leastPixels, rules.leastSide * rules.leastSide)
            return min(least, rules.mostPixels)...rules.mostPixels
        case .table(let tiers):
            let pixels = tiers.map(\.size.pixels)
            return (pixels.min() ?? 0)...(pixels.max() ?? 0)
        }
    }

    /// The steepest legal ratio, long side over short side.
    var steepest: Double {
        switch self {
        case .rules(let rules): max(1, rules.steepest)
        case .table(let tiers): tiers.map { Double($0.size.longEdge) / Double($0.size.shortEdge) }.max() ?? 1
        }
    }

    /// The sizes in a few words, for a reason's limit.
    var sentence: String {
        switch self {
        case .rules(let rules): rules.sentence
        case .table(let tiers):
            Set(tiers.compactMap(\.ratio)).sorted().joined(separator: " ") + " at "
                + Set(tiers.compactMap(\.tier)).sorted().joined(separator: ", ")
        }
    }
}

/// One legal size, and the words by which a model with a table is asked for it.
package struct SizeTier: Sendable, Hashable {
    package var size: PixelSize
    /// Such as `16:9`; nil where the model takes pixels.
    package var ratio: String?
    /// Such as `2K`; nil where the model takes pixels, or has one tier only.
    package var tier: String?

    package init(_ size: PixelSize, ratio: String? = nil, tier: String? = nil) {
        self.size = size
        self.ratio = ratio
        self.tier = tier
    }

    /// A little bend is worth a larger picture: the weights give the sizes of the contract's tables.
    fileprivate static func nearest(
        among candidates: some Sequence<SizeTier>, ratio: Double, pixels: Int
    ) -> SizeTier? {
        var best: (tier: SizeTier, distance: Double)?
        for candidate in candidates {
            let size = candidate.size
            let bend = abs(logarithm(Double(size.width) / Double(size.height) / ratio))
            guard bend <= 0.1 else { continue }
            let distance = bend + 0.25 * (1 - Double(size.pixels) / Double(pixels))
            if distance < best?.distance ?? .infinity { best = (candidate, distance) }
        }
        return best?.tier
    }

    /// The natural logarithm near 1, by its series in (x-1)/(x+1); far from 1 only the order matters.
    private static func logarithm(_ value: Double) -> Double {
        let step = (value - 1) / (value + 1)
        let square = step * step
        return 2 * step * (1 + square / 3 + square * square / 5 + square * square * square / 7)
    }
}

/// Rules that any size in pixels may be checked against.
package struct SizeRules: Sendable, Hashable {
    package var multiple = 16
    package var leastSide: Int
    package var mostSide: Int
    package var leastPixels = 1
    package var mostPixels: Int
    /// Long side over short side.
    package var steepest = 4.0

    /// What an unspecified size aims at.
    package static let aboutOneMegapixel = 1_048_576

    package func allows(_ size: PixelSize) -> Bool {
        size.width % multiple == 0 && size.height % multiple == 0 && size.shortEdge >= leastSide
            && size.longEdge <= mostSide && (leastPixels...mostPixels).contains(size.pixels)
            && Double(size.longEdge) <= steepest * Double(size.shortEdge)
    }

    fileprivate func nearest(ratio: Double, pixels: Int) -> SizeTier? {
        let most = min(pixels, mostPixels)
        let widths = stride(from: leastSide.roundedUp(to: multiple), through: mostSide, by: multiple)
        let candidates = widths.lazy.flatMap { width in
            let exact = Double(width) / ratio / Double(multiple)
            return [exact.rounded(.down), exact.rounded(.up)].filter { $0 < 100_000 }.map {
                SizeTier(PixelSize(width: width, height: Int($0) * multiple))
            }
        }
        return SizeTier.nearest(
            among: candidates.filter { allows($0.size) && $0.size.pixels <= most }, ratio: ratio, pixels: most)
    }

    fileprivate var steepestLegal: Double {
        let pixels = Double(min(mostPixels, Self.aboutOneMegapixel))
        return min(steepest, max(1, pixels / Double(leastSide * leastSide))) * 0.98
    }

    fileprivate var sentence: String {
        "sides \(leastSide) to \(mostSide), at most \(mostPixels) pixels"
    }
}

extension PixelSize {
    fileprivate var shortEdge: Int { min(width, height) }
}

extension Int {
    fileprivate func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
}

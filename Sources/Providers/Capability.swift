package import Domain
package import Settings

/// What one model family takes and what it costs: a row of the contract's tables, as data.
package struct Capability: Sendable, Hashable {
    package var sizes: SizeRules
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
    package var prices: Prices
}

/// Dollars a million tokens, which is micro-dollars a token. Source and date: `Capability.prices` of each table.
package struct Prices: Sendable, Hashable {
    package var textIn: Double
    package var imageIn: Double
    package var imageOut: Double

    package init(textIn: Double, imageIn: Double, imageOut: Double) {
        self.textIn = textIn
        self.imageIn = imageIn
        self.imageOut = imageOut
    }

    package static let free = Prices(textIn: 0, imageIn: 0, imageOut: 0)
}

/// Which sizes a model draws, in pixels.
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
        let short = min(size.width, size.height)
        return size.width % multiple == 0 && size.height % multiple == 0 && short >= leastSide
            && size.longEdge <= mostSide && (leastPixels...mostPixels).contains(size.pixels)
            && Double(size.longEdge) <= steepest * Double(short)
    }

    /// The legal size that comes nearest to a ratio with at most `pixels` pixels; nil when none is within 10 %.
    package func nearest(ratio: Double, pixels: Int) -> PixelSize? {
        let most = min(pixels, mostPixels)
        var best: (size: PixelSize, distance: Double)?
        for width in stride(from: leastSide.roundedUp(to: multiple), through: mostSide, by: multiple) {
            let exact = Double(width) / ratio / Double(multiple)
            for steps in [exact.rounded(.down), exact.rounded(.up)] where steps < 100_000 {
                let size = PixelSize(width: width, height: Int(steps) * multiple)
                guard allows(size), size.pixels <= most else { continue }
                let bend = abs(Self.logarithm(Double(size.width) / Double(size.height) / ratio))
                guard bend <= 0.1 else { continue }
                // A little bend is worth a larger picture: the weights give the sizes of the contract's table.
                let distance = bend + 0.25 * (1 - Double(size.pixels) / Double(most))
                if distance < best?.distance ?? .infinity { best = (size, distance) }
            }
        }
        return best?.size
    }

    /// The natural logarithm near 1, by its series in (x-1)/(x+1); far from 1 only the order matters.
    private static func logarithm(_ value: Double) -> Double {
        let step = (value - 1) / (value + 1)
        let square = step * step
        return 2 * step * (1 + square / 3 + square * square / 5 + square * square * square / 7)
    }
}

extension Int {
    fileprivate func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
}

extension Route {
    /// What the route's model family can do.
    package var capability: Capability {
        switch provider {
        case .microsoftMAI: MicrosoftMAI.capability(of: family)
        case .simulator: .simulated
        }
    }
}

extension Capability {
    /// gpt-image-2, free of charge: sizes of the OpenAI Images API contract, section 4.
    package static let simulated = Capability(
        sizes: SizeRules(
            leastSide: 16, mostSide: 3840, leastPixels: 655_360, mostPixels: 8_294_400, steepest: 3),
        references: 16, allowsMask: true, qualities: ["auto", "low", "medium", "high"],
        backgrounds: ["auto", "opaque"], parameters: ["moderation"], prices: .free)
}

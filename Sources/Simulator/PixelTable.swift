import Domain

/// The pixels of a ratio and a tier: the Gemini contract, section 3.1, and what follows from its rule for other ratios.
enum PixelTable {
    typealias Row = (name: String, width: Int, height: Int)

    /// At 1K, the ratios that every model draws.
    static let ratios: [Row] = {
        let wide = [
            ("3:2", 1264, 848), ("4:3", 1200, 896), ("5:4", 1152, 928), ("16:9", 1376, 768), ("21:9", 1584, 672),
        ]
        let tall = wide.filter { $0.0 != "21:9" }.map { turned($0) }
        return [("1:1", 1024, 1024)] + wide + tall
    }()

    /// At 1K, the ratios that only some models draw.
    static let wideRatios: [Row] = {
        let wide = [("4:1", 2048, 512), ("8:1", 3072, 384)]
        return wide + wide.map { turned($0) }
    }()

    private static func turned(_ row: Row) -> Row {
        (row.name.split(separator: ":").reversed().joined(separator: ":"), row.height, row.width)
    }

    /// How long a side is at a tier, for one at 1K, in quarters.
    static let tiers = ["512": 2, "768": 3, "1K": 4, "1.5K": 6, "2K": 8, "4K": 16]

    /// Nil for what is no tier, or no ratio of a width to a height.
    static func size(_ ratio: String, _ tier: String) -> PixelSize? {
        guard let quarters = tiers[tier], let row = row(ratio) else { return nil }
        return PixelSize(width: row.width * quarters / 4, height: row.height * quarters / 4)
    }

    private static func row(_ ratio: String) -> Row? {
        if let listed = (ratios + wideRatios).first(where: { $0.name == ratio }) { return listed }
        let sides = ratio.split(separator: ":", omittingEmptySubsequences: false).compactMap { Double($0) }
        guard sides.count == 2, sides.allSatisfy({ (0.1...100).contains($0) }) else { return nil }
        // Of the area of a square, in steps of 16 as all others are.
        let width = 1024 * (sides[0] / sides[1]).squareRoot()
        func side(_ length: Double) -> Int { max(64, Int((length / 16).rounded()) * 16) }
        return (ratio, side(width), side(width * sides[1] / sides[0]))
    }

    /// The ratio of `names` that bends a picture of that size least.
    static func nearest(_ size: PixelSize, among names: [String]) -> String {
        func bend(_ row: Row) -> Double {
            let both = Double(row.width) / Double(row.height) / (Double(size.width) / Double(max(1, size.height)))
            return max(both, 1 / both)
        }
        return (ratios + wideRatios).filter { names.contains($0.name) }.min { bend($0) < bend($1) }?.name ?? "1:1"
    }
}

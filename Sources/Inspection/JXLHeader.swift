/// What the head of a JPEG XL codestream says of the picture (ISO/IEC 18181-1, annexes A and D).
struct JXLHeader {
    private(set) var width = 0
    private(set) var height = 0
    private(set) var orientation = 1
    private(set) var hasPreview = false
    private(set) var hasAnimation = false
    private(set) var hasTimecodes = false
    private(set) var hasProfile = false
    private(set) var hasAlpha = false
    private(set) var isXYB = true
    /// Channels besides colour.
    private(set) var extraChannels = 0
    /// Whether a channel has a name, which is text for people.
    private(set) var hasNames = false
    private(set) var hasExtensions = false

    /// Reads the head, and leaves `bits` where the profile or the first frame begins.
    init(_ bits: inout JXLBits) {
        (width, height) = Self.size(&bits)
        if !bits.flag() { metadata(&bits) }
        // The way back from the coder's own colours, and the filters for enlarging.
        if !bits.flag() {
            if isXYB, !bits.flag() { bits.skip(16 * 16) }
            let filters = bits.bits(3)
            for (bit, count) in [(1, 15), (2, 55), (4, 210)] where filters & bit != 0 { bits.skip(16 * count) }
        }
    }

    private static func size(_ bits: inout JXLBits) -> (Int, Int) {
        let isSmall = bits.flag()
        func side(_ bits: inout JXLBits) -> Int {
            isSmall ? 8 * (bits.bits(5) + 1) : bits.number((1, 9), (1, 13), (1, 18), (1, 30))
        }
        let height = side(&bits)
        let ratio = bits.bits(3)
        return (ratio == 0 ? side(&bits) : width(of: height, ratio), height)
    }

    /// The width that goes with a height in one of seven customary proportions.
    private static func width(of height: Int, _ ratio: Int) -> Int {
        let (across, down) = [(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1)][ratio - 1]
        return height * across / down
    }

    private mutating func metadata(_ bits: inout JXLBits) {
        let hasMore = bits.flag()
        if hasMore {
            orientation = bits.bits(3) + 1
            if bits.flag() { _ = Self.size(&bits) }
            hasPreview = bits.flag()
            if hasPreview { Self.preview(&bits) }
            hasAnimation = bits.flag()
            if hasAnimation { animation(&bits) }
        }
        Self.depth(&bits)
        bits.skip(1)
        extraChannels = bits.number((0, 0), (1, 0), (2, 4), (1, 12))
        for _ in 0..<extraChannels where !bits.isOver { channel(&bits) }
        isXYB = bits.flag()
        colours(&bits)
        if hasMore, !bits.flag() { bits.skip(16 + 16 + 1 + 16) }
        hasExtensions = bits.extensions()
    }

    private static func preview(_ bits: inout JXLBits) {
        let isSmall = bits.flag()
        func side(_ bits: inout JXLBits) {
            _ =
                isSmall
                ? bits.number((16, 0), (32, 0), (1, 5), (33, 9)) : bits.number((1, 6), (65, 8), (321, 10), (1_345, 12))
        }
        side(&bits)
        if bits.bits(3) == 0 { side(&bits) }
    }

    private mutating func animation(_ bits: inout JXLBits) {
        _ = bits.number((100, 0), (1_000, 0), (1, 10), (1, 30))
        _ = bits.number((1, 0), (1_001, 0), (1, 8), (1, 10))
        _ = bits.number((0, 0), (0, 3), (0, 16), (0, 32))
        hasTimecodes = bits.flag()
    }

    private static func depth(_ bits: inout JXLBits) {
        if bits.flag() {
            _ = bits.number((32, 0), (16, 0), (24, 0), (1, 6))
            bits.skip(4)
        } else {
            _ = bits.number((8, 0), (10, 0), (12, 0), (1, 6))
        }
    }

    private mutating func channel(_ bits: inout JXLBits) {
        guard !bits.flag() else { return hasAlpha = true }
        let type = bits.term()
        Self.depth(&bits)
        _ = bits.number((0, 0), (3, 0), (4, 0), (1, 3))
        let name = bits.number((0, 0), (0, 4), (16, 5), (48, 10))
        if name > 0 { hasNames = true }
        bits.skip(8 * name)
        switch type {
        case 0:
            hasAlpha = true
            bits.skip(1)
        case 2: bits.skip(4 * 16)
        case 5: _ = bits.number((1, 0), (0, 2), (3, 4), (19, 8))
        default: break
        }
    }

    private mutating func colours(_ bits: inout JXLBits) {
        guard !bits.flag() else { return }
        hasProfile = bits.flag()
        let space = bits.term()
        guard !hasProfile else { return }
        func points(_ count: Int) {
            for _ in 0..<2 * count {
                _ = bits.number((0, 19), (524_288, 19), (1_048_576, 20), (2_097_152, 21))
            }
        }
        // The coder's own colours (2) imply all of this; grey (1) has no primaries.
        if space != 2, bits.term() == 2 { points(1) }
        if space != 2, space != 1, bits.term() == 2 { points(3) }
        if space != 2 {
            if bits.flag() { bits.skip(24) } else { _ = bits.term() }
        }
        _ = bits.term()
    }
}

/// The head of one JPEG XL frame and its table of contents: enough to know where it ends (ISO/IEC 18181-1, annex F).
struct JXLFrame {
    /// Nil when the table stands in an order of its own, which is coded: the frame's end can then not be told.
    private(set) var end: Int?
    private(set) var isLast = true
    private(set) var hasName = false
    private(set) var hasExtensions = false
    private(set) var isMalformed = false
    /// Whether the frame is shown, and not only a help for others.
    var isShown: Bool { type == 0 || type == 3 }

    private let header: JXLHeader
    /// 0 regular, 1 low frequencies, 2 reference only, 3 skip progressive.
    private var type = 0
    private var isModular = false
    private var usesLowFrequencyFrame = false
    private var upsampling = 1
    private var groupShift = 1
    private var passes = 1
    private var level = 0
    private var isPartial = false
    private var width: Int
    private var height: Int
    private var duration = 0
    private var replacesAll = true
    private var reference = 0

    /// Reads the frame that begins at a byte; `isPreview` frames have a size that is of no interest here.
    init(_ bits: inout JXLBits, of header: JXLHeader) {
        self.header = header
        width = header.width
        height = header.height
        if !bits.flag() {
            start(&bits)
            if type == 1 { level = 1 + bits.bits(2) } else { crop(&bits) }
            if isShown { blend(&bits) } else { isLast = false }
            save(&bits)
            let name = bits.number((0, 0), (0, 4), (16, 5), (48, 10))
            hasName = name > 0
            bits.skip(8 * name)
            filter(&bits)
            if bits.extensions() { hasExtensions = true }
        }
        contents(&bits)
    }

    private mutating func start(_ bits: inout JXLBits) {
        type = bits.bits(2)
        isModular = bits.flag()
        let flags = bits.long()
        usesLowFrequencyFrame = flags & 32 != 0
        let isYCbCr = header.isXYB ? false : bits.flag()
        if isYCbCr, !usesLowFrequencyFrame { bits.skip(6) }
        if !usesLowFrequencyFrame {
            upsampling = 1 << bits.bits(2)
            bits.skip(2 * header.extraChannels)
        }
        if isModular { groupShift = bits.bits(2) }
        if header.isXYB, !isModular { bits.skip(6) }
        guard type != 2 else { return }
        passes = bits.number((1, 0), (2, 0), (3, 0), (4, 3))
        guard passes > 1 else { return }
        let steps = bits.number((0, 0), (1, 0), (2, 0), (3, 1))
        bits.skip(2 * (passes - 1) + 2 * steps)
        for _ in 0..<steps { _ = bits.number((0, 0), (1, 0), (2, 0), (0, 3)) }
    }

    private mutating func crop(_ bits: inout JXLBits) {
        guard bits.flag() else { return }
        func side() -> Int { bits.number((0, 8), (256, 11), (2_304, 14), (18_688, 30)) }
        func signed(_ value: Int) -> Int { value & 1 == 0 ? value / 2 : -(value / 2) - 1 }
        let left = type == 2 ? 0 : signed(side())
        let top = type == 2 ? 0 : signed(side())
        width = side()
        height = side()
        isPartial = left > 0 || top > 0 || left + width < header.width || top + height < header.height
    }

    private mutating func blend(_ bits: inout JXLBits) {
        let hasExtra = header.extraChannels > 0
        for _ in 0...header.extraChannels where !bits.isOver {
            let mode = bits.number((0, 0), (1, 0), (2, 0), (3, 2))
            let usesAlpha = hasExtra && (mode == 2 || mode == 3)
            if usesAlpha { _ = bits.number((0, 0), (1, 0), (2, 0), (3, 3)) }
            if usesAlpha || mode == 4 { bits.skip(1) }
            if mode != 0 || isPartial { bits.skip(2) }
            if mode != 0 { replacesAll = false }
        }
        if header.hasAnimation {
            duration = bits.number((0, 0), (1, 0), (0, 8), (0, 32))
            if header.hasTimecodes { bits.skip(32) }
        }
        isLast = bits.flag()
    }

    private mutating func save(_ bits: inout JXLBits) {
        if type != 1, !isLast { reference = bits.bits(2) }
        let canBeReferenced = !isLast && type != 1 && (duration == 0 || reference != 0)
        if type == 2 || (canBeReferenced && replacesAll && !isPartial && isShown) { bits.skip(1) }
    }

    private mutating func filter(_ bits: inout JXLBits) {
        guard !bits.flag() else { return }
        if bits.flag(), bits.flag() { bits.skip(6 * 16) }
        if bits.bits(2) > 0 {
            if !isModular, bits.flag() { bits.skip(8 * 16) }
            if bits.flag() { bits.skip(5 * 16) }
            if bits.flag() { bits.skip((isModular ? 3 : 4) * 16) }
            if isModular { bits.skip(16) }
        }
        if bits.extensions() { hasExtensions = true }
    }

    /// Sums up the sizes of the frame's sections.
    private mutating func contents(_ bits: inout JXLBits) {
        guard !bits.isOver, width > 0, height > 0, !bits.flag() else { return }
        let sections = sections
        guard bits.align(), sections <= 1 << 20 else { return isMalformed = true }
        var total = 0
        for _ in 0..<sections where !bits.isOver {
            total += bits.number((0, 10), (1_024, 14), (17_408, 22), (4_211_712, 30))
        }
        guard bits.align(), !bits.isOver else { return isMalformed = true }
        end = bits.byte + total
    }

    /// One for a frame of one group; else two for all, one for each area of low frequencies and each group and pass.
    private var sections: Int {
        let across = Self.divide(Self.divide(width, upsampling), 1 << (3 * level))
        let down = Self.divide(Self.divide(height, upsampling), 1 << (3 * level))
        let side = isModular ? 128 << groupShift : 256
        let groups = Self.divide(across, side) * Self.divide(down, side)
        let areas = Self.divide(across, 8 * side) * Self.divide(down, 8 * side)
        return groups == 1 && passes == 1 ? 1 : 2 + areas + groups * passes
    }

    private static func divide(_ value: Int, _ by: Int) -> Int { (value + by - 1) / by }
}

import Inspection
import Support
import Testing

/// A small repeatable source of chance (xorshift64*).
private struct Chance: RandomNumberGenerator {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

@Suite struct HostileTests {
    /// Work allowed for a file: the walker looks at each byte a few times, and at sixteen directories of two EXIF blocks at most.
    private static func allowance(_ bytes: [UInt8]) -> Int { 64 + 8 * bytes.count }

    /// The same where compressed text may be unpacked to 64 times its length.
    private static func allowanceUnpacking(_ bytes: [UInt8]) -> Int { 64 + 80 * bytes.count }

    @Test(arguments: ["jpg", "png", "webp", "tif", "gif", "heic", "avif", "jxl"])
    func `twenty thousand damaged files are walked to an end`(suffix: String) throws {
        let seed = try withPictureTools { tools in
            guard ["jpg", "png", "webp", "tif", "avif"].contains(suffix) else { return try tools.clean(suffix) }
            let tags = ["-GPSLatitude=48.85", "-GPSLatitudeRef=N", "-EXIF:Orientation#=6", "-XMP-dc:Creator=S"]
            return try tools.tagged(suffix, tags + (suffix == "jpg" ? ["-IPTC:By-line=S"] : []))
        }
        var chance = Chance()
        var walked = 0
        var damaged = 0
        for _ in 0..<20_000 {
            let bytes = Self.mutate(seed, &chance)
            guard let report = try? inspect(bytes) else { continue }
            walked += 1
            if report.damage != nil { damaged += 1 }
            if report.work > Self.allowance(bytes) { Issue.record("\(report.work) steps for \(bytes.count) bytes") }
        }
        #expect(walked > 10_000)
        // Small pictures are mostly coded pixels, which nobody looks at, and those of JPEG XL have little else.
        #expect(damaged > (suffix == "jxl" ? 3_000 : 5_000), "\(damaged)")
    }

    @Test func `two thousand damaged compressed profiles are unpacked to an end`() throws {
        let seed = try withPictureTools { try $0.withRawProfile() }
        #expect(try inspect(seed).kinds == [.exif, .gps, .orientation, .text, .thumbnail])
        var chance = Chance()
        var found = 0
        for _ in 0..<2_000 {
            let bytes = Self.mutate(seed, &chance)
            guard let report = try? inspect(bytes) else { continue }
            if report.kinds.contains(.exif), report.damage != nil { found += 1 }
            if report.work > Self.allowanceUnpacking(bytes) { Issue.record("\(report.work) for \(bytes.count) bytes") }
        }
        #expect(found > 500)
    }

    @Test func `words put anywhere into the head of a clean picture keep it from passing`() throws {
        try withPictureTools { tools in
            for suffix in ["jpg", "png", "webp", "avif", "jxl"] {
                let mark = Array("SECRETSECRET".utf8)
                let clean = try tools.clean(suffix)
                for at in 2..<min(clean.count, 160) {
                    guard let report = try? inspect(clean[..<at] + mark + clean[at...]) else { continue }
                    #expect(!report.violations(through: .reference).isEmpty, "\(suffix) at \(at)")
                }
            }
        }
    }

    @Test func `an orientation may be stated in any kind of whole number`() throws {
        try withPictureTools { tools in
            for (type, value) in [
                (3, Parts.big16(6) + [0, 0]), (4, Parts.big32(6)), (9, Parts.big32(6)), (1, [6, 0, 0, 0]),
            ] {
                let entry = Parts.big16(0x0112) + Parts.big16(type) + Parts.big32(1) + value
                let block = [0x4D, 0x4D, 0, 42] + Parts.big32(8) + Parts.big16(1) + entry + Parts.big32(0)
                let segment = Parts.segment(0xE1, Array("Exif\0\0".utf8) + block)
                let report = try inspect(Parts.jpeg(tools.clean("jpg"), adding: segment))
                #expect(report.orientation == 6)
            }
        }
    }

    @Test func `directories that point in circles end`() throws {
        try withPictureTools { tools in
            let entry = Parts.big16(0x8769) + Parts.big16(4) + Parts.big32(1) + Parts.big32(8)
            let block = [0x4D, 0x4D, 0, 42] + Parts.big32(8) + Parts.big16(2) + entry + entry + Parts.big32(8)
            let bytes = try Parts.jpeg(tools.clean("jpg"), adding: Parts.segment(0xE1, Array("Exif\0\0".utf8) + block))
            let report = try inspect(bytes)
            #expect(report.kinds == [.exif])
            #expect(report.work <= Self.allowance(bytes))
        }
    }

    @Test func `pieces of an item that are stated in no bytes are not counted one by one`() throws {
        let places = Parts.box(
            "iloc", Parts.big32(0) + [0, 0] + Parts.big16(1) + Parts.big16(1) + Parts.big16(0) + Parts.big16(0xFFFF))
        let brands = Parts.box("ftyp", Array("avif".utf8) + Parts.big32(0) + Array("avifmif1".utf8))
        let bytes = brands + Parts.box("meta", Parts.big32(0) + places)
        let report = try inspect(bytes)
        #expect(report.damage != nil && report.work <= Self.allowance(bytes))
    }

    @Test func `a file of nothing but segments is cut short`() throws {
        try withPictureTools { tools in
            let many = (0..<10_000).flatMap { _ in Parts.segment(0xFE, []) }
            let report = try inspect(Parts.jpeg(tools.clean("jpg"), adding: many))
            #expect(report.findings.count <= 4_096)
            #expect(report.damage?.hasPrefix("too many metadata segments") == true)
        }
    }

    @Test func `sizes that lie do no harm`() throws {
        let huge: [[UInt8]] = [
            [0xFF, 0xD8, 0xFF, 0xE1, 0xFF, 0xFF], [0xFF, 0xD8, 0xFF, 0xDA, 0, 0],
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x49, 0x48, 0x44, 0x52],
            Array("RIFF".utf8) + [0xFF, 0xFF, 0xFF, 0xFF] + Array("WEBPVP8X".utf8) + [0xFF, 0xFF, 0xFF, 0xFF],
            [0x4D, 0x4D, 0, 42, 0xFF, 0xFF, 0xFF, 0xFF], Array("GIF89a".utf8),
            Parts.big32(0x7FFF_FFFF) + Array("ftypavif".utf8),
            [0x49, 0x49, 0x2B, 0, 8, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 16),
            Parts.signatureJXL + [0, 0, 0, 1] + Array("jxlc".utf8) + [UInt8](repeating: 0x7F, count: 8),
        ]
        for bytes in huge {
            let report = try inspect(bytes)
            #expect(!report.violations(through: .reference).isEmpty)
        }
    }

    private static func mutate(_ seed: [UInt8], _ chance: inout Chance) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &chance) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &chance)
            switch Int.random(in: 0..<6, using: &chance) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &chance)
            case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
            case 2: bytes[at] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &chance) ?? 0
            case 3: bytes.removeLast(bytes.count - at)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &chance), at: at)
            default:
                let length = min(bytes.count - at, Int.random(in: 1...64, using: &chance))
                let copy = Array(bytes[at..<at + length])
                bytes.insert(contentsOf: copy, at: Int.random(in: 0...bytes.count, using: &chance))
            }
        }
        return bytes
    }
}

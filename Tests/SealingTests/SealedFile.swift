import Digests
import Sealing

/// What came of opening a sealed file piece by piece.
struct Opening {
    private(set) var bytes: [UInt8] = []
    private(set) var error: SealingError?
    /// Most bytes that were taken in and not handed out at any time.
    private(set) var mostHeld = 0
    private(set) var longestPiece = 0

    init(_ sealed: [UInt8], with identities: [Identity], piece: Int = .max) {
        var opener = Opener(with: identities)
        var out: [UInt8] = []
        var longest = 0
        var fed = 0
        let sink = { (clear: RawSpan) in
            longest = max(longest, clear.byteCount)
            unsafe clear.withUnsafeBytes { unsafe out.append(contentsOf: $0) }
        }
        do throws(SealingError) {
            while fed < sealed.count {
                let end = fed + min(piece, sealed.count - fed)
                try opener.add(Array(sealed[fed..<end]), into: sink)
                fed = end
                mostHeld = max(mostHeld, fed - out.count)
            }
            try opener.finish(into: sink)
        } catch {
            self.error = error
        }
        bytes = out
        longestPiece = longest
    }
}

/// A sealed file by pieces of one size.
func seal(_ bytes: [UInt8], to recipients: [Recipient], piece: Int) throws -> [UInt8] {
    var sealer = try Sealer(to: recipients)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
        sealer.add(Array(bytes[start..<min(start + piece, bytes.count)])) { append($0, to: &out) }
    }
    sealer.finish { append($0, to: &out) }
    return out
}

func append(_ piece: RawSpan, to bytes: inout [UInt8]) {
    unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
}

/// Bytes that repeat nowhere, the same in every run.
func sample(_ count: Int) -> [UInt8] {
    var state: UInt32 = 2_463_534_242
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 17
        state ^= state << 5
        return UInt8(truncatingIfNeeded: state >> 11)
    }
}

/// Sizes around what chunks make special.
let specialSizes = [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 1_048_576, 1_500_001]

/// One message between pool and worker: 52 little-endian words of 64 bits, nothing else. It holds no pointer and no name,
/// so that reading one can not go wrong.
struct Record: Equatable {
    static let wordCount = 52
    static let byteCount = wordCount * 8
    /// "darkrm" and the version of this layout.
    static let magic = 0x6D72_6B72_6164_0002

    // Words every record has.
    static let magicWord = 0
    static let idWord = 1
    /// What to do, or how it went.
    static let kindWord = 2
    /// Inputs of a request, bytes of an answer.
    static let countWord = 3
    /// First of twenty-four words of facts.
    static let factsWord = 4
    /// First of sixteen lengths of inputs.
    static let lengthsWord = 28
    /// First of four words of seed, or of eight words of note.
    static let textWord = 44

    private(set) var words: [Int]

    init(id: Int, kind: Int, count: Int = 0, facts: [Int] = [], lengths: [Int] = [], text: [UInt8] = []) {
        words = Array(repeating: 0, count: Self.wordCount)
        words[Self.magicWord] = Self.magic
        words[Self.idWord] = id
        words[Self.kindWord] = kind
        words[Self.countWord] = count
        for (index, fact) in facts.prefix(24).enumerated() { words[Self.factsWord + index] = fact }
        for (index, length) in lengths.prefix(16).enumerated() { words[Self.lengthsWord + index] = length }
        for (index, byte) in text.prefix(64).enumerated() {
            words[Self.textWord + index / 8] |= Int(bitPattern: UInt(byte) << (8 * UInt(index % 8)))
        }
    }

    /// Reads a record; nil when the length or the mark is wrong.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        words = (0..<Self.wordCount).map { word in
            (0..<8).reduce(0) { $0 | Int(bitPattern: UInt(bytes[word * 8 + $1]) << (8 * UInt($1))) }
        }
        guard words[Self.magicWord] == Self.magic else { return nil }
    }

    var bytes: [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    var id: Int { words[Self.idWord] }
    var kind: Int { words[Self.kindWord] }
    var count: Int { words[Self.countWord] }
    func fact(_ index: Int) -> Int { words[Self.factsWord + index] }
    func length(_ index: Int) -> Int { words[Self.lengthsWord + index] }

    /// The 64 bytes of text.
    var text: [UInt8] {
        (0..<64).map { UInt8(truncatingIfNeeded: words[Self.textWord + $0 / 8] >> (8 * ($0 % 8))) }
    }

    /// The text up to its first zero, everything but printable ASCII replaced.
    var note: String {
        let printable = text.prefix { $0 != 0 }.map { (32..<127).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: printable, as: UTF8.self)
    }
}

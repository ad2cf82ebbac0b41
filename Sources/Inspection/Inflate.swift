/// Unpacks a zlib stream (RFC 1950, RFC 1951) up to `limit` bytes; what lies beyond, or behind an error, is left out.
///
/// For small texts only: it is written to be short and to stay inside its bounds. The checksum is not compared.
func inflate(_ stream: ByteView, limit: Int) -> [UInt8] {
    var inflater = Inflater(input: stream, limit: limit)
    inflater.run()
    return inflater.output
}

private struct Inflater {
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537, 2_049, 3_073,
        4_097,
        6_145, 8_193, 12_289, 16_385, 24_577,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private let input: ByteView
    private let limit: Int
    private var offset = 2
    private var waiting = 0
    private var waitingBits = 0
    private(set) var output: [UInt8] = []

    init(input: ByteView, limit: Int) {
        self.input = input
        self.limit = limit
    }

    mutating func run() {
        guard let method = input[0], method & 15 == 8 else { return }
        var isLast = false
        while !isLast, output.count < limit, let last = bits(1), let kind = bits(2) {
            isLast = last == 1
            let isWhole: Bool
            switch kind {
            case 0: isWhole = stored()
            case 1: isWhole = fixed()
            case 2: isWhole = described()
            default: isWhole = false
            }
            guard isWhole else { return }
        }
    }

    /// The next bits, lowest first; nil at the end of input.
    private mutating func bits(_ count: Int) -> Int? {
        while waitingBits < count {
            guard let byte = input[offset] else { return nil }
            offset += 1
            waiting |= Int(byte) << waitingBits
            waitingBits += 8
        }
        defer {
            waiting >>= count
            waitingBits -= count
        }
        return waiting & ((1 << count) - 1)
    }

    private mutating func stored() -> Bool {
        waiting = 0
        waitingBits = 0
        guard let length = input.little16(at: offset), let part = input.part(at: offset + 4, length: length) else {
            return false
        }
        output += part.slice.prefix(limit - output.count)
        offset += 4 + length
        return true
    }

    private mutating func fixed() -> Bool {
        let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        guard let literals = PrefixCode(lengths), let distances = PrefixCode([Int](repeating: 5, count: 30)) else {
            return false
        }
        return block(literals, distances)
    }

    private mutating func described() -> Bool {
        guard let literalCount = bits(5), let distanceCount = bits(5), let orderCount = bits(4) else { return false }
        var orderLengths = [Int](repeating: 0, count: 19)
        for index in 0..<orderCount + 4 {
            guard let length = bits(3) else { return false }
            orderLengths[Self.lengthOrder[index]] = length
        }
        guard let code = PrefixCode(orderLengths) else { return false }
        let total = literalCount + 257 + distanceCount + 1
        var lengths: [Int] = []
        while lengths.count < total {
            guard let symbol = symbol(code) else { return false }
            switch symbol {
            case 16:
                guard let last = lengths.last, let more = bits(2) else { return false }
                lengths += [Int](repeating: last, count: more + 3)
            case 17, 18:
                guard let more = bits(symbol == 17 ? 3 : 7) else { return false }
                lengths += [Int](repeating: 0, count: more + (symbol == 17 ? 3 : 11))
            default: lengths.append(symbol)
            }
        }
        guard lengths.count == total, let literals = PrefixCode(Array(lengths[..<(literalCount + 257)])),
            let distances = PrefixCode(Array(lengths[(literalCount + 257)...]))
        else { return false }
        return block(literals, distances)
    }

    private mutating func block(_ literals: PrefixCode, _ distances: PrefixCode) -> Bool {
        while output.count < limit {
            guard let symbol = symbol(literals) else { return false }
            if symbol == 256 { return true }
            if symbol < 256 {
                output.append(UInt8(symbol))
            } else {
                guard copy(symbol - 257, distances) else { return false }
            }
        }
        return false
    }

    private mutating func copy(_ lengthIndex: Int, _ distances: PrefixCode) -> Bool {
        guard Self.lengthBases.indices.contains(lengthIndex), let more = bits(Self.lengthBits[lengthIndex]),
            let index = symbol(distances), Self.distanceBases.indices.contains(index),
            let further = bits(index < 4 ? 0 : index / 2 - 1)
        else { return false }
        let distance = Self.distanceBases[index] + further
        guard distance <= output.count else { return false }
        for _ in 0..<min(Self.lengthBases[lengthIndex] + more, limit - output.count) {
            output.append(output[output.count - distance])
        }
        return true
    }

    private mutating func symbol(_ code: PrefixCode) -> Int? {
        var read = 0
        for length in 1...15 {
            guard let bit = bits(1) else { return nil }
            read = read << 1 | bit
            if let symbol = code.symbol(read, length) { return symbol }
        }
        return nil
    }
}

/// A canonical prefix code, given by the length of each symbol's word (RFC 1951, 3.2.2).
private struct PrefixCode {
    /// First word of each length, and where its symbol stands in `symbols`.
    private var firsts = [Int](repeating: 0, count: 16)
    private var counts = [Int](repeating: 0, count: 16)
    private var places = [Int](repeating: 0, count: 16)
    private let symbols: [Int]

    /// Nil when more words are asked for than there can be.
    init?(_ lengths: [Int]) {
        for length in lengths where length > 0 { counts[length] += 1 }
        var word = 0
        var place = 0
        for length in 1...15 {
            word = (word + counts[length - 1]) << 1
            guard word + counts[length] <= 1 << length else { return nil }
            firsts[length] = word
            places[length] = place
            place += counts[length]
        }
        symbols = (1...15).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
    }

    func symbol(_ word: Int, _ length: Int) -> Int? {
        let index = word - firsts[length]
        return index >= 0 && index < counts[length] ? symbols[places[length] + index] : nil
    }
}

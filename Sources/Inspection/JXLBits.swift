/// Reads the fields of a JPEG XL codestream, lowest bit first (ISO/IEC 18181-1, 6.2 and 9.2).
///
/// Behind the end it reads zeros and remembers that it did.
struct JXLBits {
    private let view: ByteView
    /// In bits from the start of the view.
    private(set) var position: Int
    private(set) var isOver = false

    init(_ view: ByteView, at byte: Int) {
        self.view = view
        position = 8 * byte
    }

    /// Where the next whole byte begins.
    var byte: Int { (position + 7) / 8 }

    /// An unsigned number of up to 32 bits.
    mutating func bits(_ count: Int) -> Int {
        var value = 0
        for index in 0..<count {
            guard let byte = view[position / 8] else {
                isOver = true
                return 0
            }
            value |= Int(byte >> UInt8(position % 8) & 1) << index
            position += 1
        }
        return value
    }

    mutating func flag() -> Bool { bits(1) == 1 }

    /// Steps over bits whose value is of no interest.
    mutating func skip(_ count: Int) {
        let (next, isTooFar) = position.addingReportingOverflow(count)
        guard count >= 0, !isTooFar, next <= 8 * view.count else { return isOver = true }
        position = next
    }

    /// A number in one of four ways, each a least value and further bits (`U32`).
    mutating func number(_ ways: (Int, Int), _ second: (Int, Int), _ third: (Int, Int), _ fourth: (Int, Int)) -> Int {
        let way = [ways, second, third, fourth][bits(2)]
        return way.0 + bits(way.1)
    }

    /// One of a list of terms (`Enum`).
    mutating func term() -> Int { number((0, 0), (1, 0), (2, 4), (18, 6)) }

    /// A number of up to 64 bits (`U64`), cut to 62.
    mutating func long() -> Int {
        switch bits(2) {
        case 0: return 0
        case 1: return 1 + bits(4)
        case 2: return 17 + bits(8)
        default: break
        }
        var value = bits(12)
        var shift = 12
        while flag() {
            guard shift < 60 else {
                value |= (bits(4) & 3) << 60
                break
            }
            value |= bits(8) << shift
            shift += 8
        }
        return value
    }

    /// Steps to the next whole byte; false when the bits in between are not zero.
    mutating func align() -> Bool { bits((8 - position % 8) % 8) == 0 }

    /// Steps over the extensions that end a bundle; true when there were any.
    mutating func extensions() -> Bool {
        let present = long()
        guard present != 0 else { return false }
        var total = 0
        for bit in 0..<62 where present >> bit & 1 == 1 {
            let (sum, isTooMuch) = total.addingReportingOverflow(long())
            total = isTooMuch ? .max : sum
        }
        skip(total)
        return true
    }
}

extension Timestamp {
    /// Reads what `description` writes, `2026-11-21T08:16:00.123Z`; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 24, let moment = Timestamp(rfc3339: text), moment.description == text else {
            return nil
        }
        self = moment
    }

    /// Reads a moment as RFC 3339 lets people write it: any offset, seconds with or without a fraction; nil for anything else.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, let day = Timestamp(day: String(text.prefix(10))), "Tt".utf8.contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = Self.number(bytes[11..<13], below: 24), let minute = Self.number(bytes[14..<16], below: 60),
            let second = Self.number(bytes[17..<19], below: 60)
        else { return nil }
        var rest = bytes[19...]
        var thousandth: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...9).contains(fraction.count),
                let read = Self.number((Array(fraction) + Array("00".utf8)).prefix(3), below: 1000)
            else { return nil }
            thousandth = read
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard let offset = Self.offset(Array(rest)) else { return nil }
        let inDay = (hour * 60 + minute - offset) * 60_000 + second * 1000 + thousandth
        self = day.after(Span(milliseconds: inDay))
    }

    /// Minutes east of UTC, of `Z`, `+02:00` or `-05:30`.
    private static func offset(_ bytes: [UInt8]) -> Int64? {
        if bytes == Array("Z".utf8) || bytes == Array("z".utf8) { return 0 }
        guard bytes.count == 6, "+-".utf8.contains(bytes[0]), bytes[3] == UInt8(ascii: ":"),
            let hours = number(bytes[1..<3], below: 24), let minutes = number(bytes[4..<6], below: 60)
        else { return nil }
        return (bytes[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func number(_ digits: some Collection<UInt8>, below bound: Int64) -> Int64? {
        var sum: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            sum = sum * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return sum < bound ? sum : nil
    }
}

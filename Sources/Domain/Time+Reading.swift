extension Timestamp {
    /// Reads what `description` writes, `2026-11-21T08:16:00.123Z`; nil for anything else.
    package init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 24, let day = Timestamp(day: String(text.prefix(10))) else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            digits[range].reduce(Int64?(0)) { sum, digit in
                guard let sum, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                return sum * 10 + Int64(digit - UInt8(ascii: "0"))
            }
        }
        guard let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let thousandth = number(20..<23), hour < 24, minute < 60, second < 60
        else { return nil }
        self = day.after(
            Span(milliseconds: hour * 3_600_000 + minute * 60_000 + second * 1000 + thousandth))
        guard description == text else { return nil }
    }
}

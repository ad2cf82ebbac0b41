/// A moment in milliseconds since 1970-01-01T00:00:00Z.
///
/// Two clocks use it: the wall clock, for what people read, and the age clock (`Ledger`), for what deadlines hang on.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var milliseconds: Int64

    /// Whole hours since the beginning of 1970.
    package var hour: Int64 { milliseconds / 3_600_000 }

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The moment `span` later, held within the range that can be written.
    package func after(_ span: Span) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(span.milliseconds)
        return Timestamp(milliseconds: overflow ? (span.milliseconds > 0 ? .max : .min) : sum)
    }

    /// Time from `earlier` to this moment; negative when it lies before.
    package func since(_ earlier: Timestamp) -> Span {
        Span(milliseconds: milliseconds.subtractingReportingOverflow(earlier.milliseconds).partialValue)
    }

    /// RFC 3339 in UTC with milliseconds, `2026-11-21T08:16:00.123Z`.
    package var description: String {
        let days = Self.floorDivide(milliseconds, 86_400_000)
        let inDay = milliseconds - days * 86_400_000
        let date = Self.civil(days)
        let clock = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60].map { Self.padded($0, 2) }
        return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
            + "T\(clock.joined(separator: ":")).\(Self.padded(inDay % 1000, 3))Z"
    }

    /// Midnight, in UTC, at which a day such as `2026-12-31` begins; nil for anything else.
    package init?(day text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }), let year = Int64(parts[0]),
            let month = Int64(parts[1]), let day = Int64(parts[2]), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        // The inverse of `civil`: years that begin on 1 March, in eras of 400.
        let shifted = month > 2 ? year : year - 1
        let era = Self.floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(milliseconds: (era * 146_097 + dayOfEra - 719_468) * 86_400_000)
        // 30 February is a day of March in this arithmetic, and none in a calendar.
        guard description.hasPrefix(text) else { return nil }
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ number: Int64, _ by: Int64) -> Int64 {
        let quotient = number / by
        return number % by < 0 ? quotient - 1 : quotient
    }

    /// Proleptic Gregorian date of a day number (400-year eras starting on 1 March).
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

/// A length of time in milliseconds, written `"24h"`, `"30m"`, `"1s"`, `"250ms"`, `"7d"`.
package struct Span: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static let zero = Span(milliseconds: 0)
    package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1000) }
    package static func minutes(_ count: Int64) -> Span { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Span { .minutes(count * 60) }

    package static func < (left: Span, right: Span) -> Bool { left.milliseconds < right.milliseconds }

    package var duration: Duration { .milliseconds(milliseconds) }

    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]

    /// Reads a whole number and a unit; nil for anything else or for more than ten years.
    package init?(_ text: String) {
        for unit in Self.units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int64(digits),
                count <= 315_360_000_000 / unit.milliseconds
            else { return nil }
            self.init(milliseconds: count * unit.milliseconds)
            return
        }
        return nil
    }

    /// The largest unit that leaves a whole number.
    package var description: String {
        let ordered: [(String, Int64)] = [("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        for (suffix, size) in ordered where milliseconds % size == 0 {
            return milliseconds == 0 ? "0s" : "\(milliseconds / size)\(suffix)"
        }
        return "\(milliseconds)ms"
    }
}

/// So many in a length of time, written `"60/h"`, `"2/m"`, `"500/d"`, `"10/30s"`.
package struct Rate: Sendable, Hashable, CustomStringConvertible {
    package let count: Int
    package let span: Span

    /// Nil for anything else, for none at all, and for more than a million.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(parts[0]),
            (1...1_000_000).contains(count)
        else { return nil }
        guard let span = Span(String(parts[1])) ?? Span("1" + parts[1]), span > .zero else { return nil }
        self.count = count
        self.span = span
    }

    package var description: String {
        let unit = span.description
        return
            "\(count)/\(unit.first == "1" && unit.dropFirst().allSatisfy(\.isLetter) ? String(unit.dropFirst()) : unit)"
    }
}

/// A number of bytes, written `"64MB"` (10^6), `"512kB"`, `"2GB"`.
package struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var bytes: Int

    package init(_ bytes: Int) {
        self.bytes = bytes
    }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    private static let units: [(suffix: String, size: Int)] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1),
    ]

    /// Reads a whole number and a decimal unit; nil for anything else.
    package init?(text: String) {
        for unit in Self.units where text.hasSuffix(unit.suffix) {
            let digits = text.dropLast(unit.suffix.count)
            guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let count = Int(digits),
                count <= Int.max / 2 / unit.size
            else { return nil }
            self.init(count * unit.size)
            return
        }
        return nil
    }

    package var description: String {
        for unit in Self.units where bytes != 0 && bytes % unit.size == 0 {
            return "\(bytes / unit.size)\(unit.suffix)"
        }
        return "\(bytes)B"
    }
}

/// The clocks of the machine; injected, so that tests move time by hand.
package protocol Timekeeper: Sendable {
    /// Wall clock, UTC.
    func wall() -> Timestamp
    /// Milliseconds since boot, time asleep included (`CLOCK_BOOTTIME`).
    func sinceBoot() -> Int64
    /// Identity of this boot (`/proc/sys/kernel/random/boot_id`).
    var bootID: String { get }
}

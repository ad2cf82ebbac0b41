import Domain

/// Times and amounts as people read them.
enum Words {
    /// `0 s`, `59 s`, `2 min`, `3.5 h`, `12 d`.
    static func duration(_ span: Span) -> String {
        let seconds = Double(max(0, span.milliseconds)) / 1000
        switch seconds {
        case ..<10: return short(seconds) + " s"
        case ..<100: return "\(Int(seconds)) s"
        case ..<6000: return "\(Int(seconds / 60)) min"
        case ..<172_800: return short(seconds / 3600) + " h"
        default: return "\(Int(seconds / 86_400)) d"
        }
    }

    private static func short(_ value: Double) -> String {
        let tenths = Int(value * 10)
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }

    /// How far away a moment is.
    static func away(_ moment: Timestamp, _ now: Timestamp) -> String {
        let span = moment.since(now)
        return span > .zero ? "in " + duration(span) : duration(now.since(moment)) + " ago"
    }

    /// `11-22 14:05`, UTC.
    static func clock(_ moment: Timestamp) -> String {
        String(moment.description.dropFirst(5).prefix(11)).replacing("T", with: " ")
    }

    /// `$7.23`; less than a dollar to a hundredth of a cent, as calls are priced.
    static func dollars(_ micros: Int64) -> String {
        guard micros >= 1_000_000 else { return "$" + Money.text((micros + 50) / 100 * 100) }
        let cents = (micros + 5000) / 10_000
        return "$\(cents / 100)" + (cents % 100 == 0 ? "" : "." + String(cents % 100 + 100).dropFirst())
    }

    /// 10^6 bytes.
    static func megabytes(_ bytes: Int64) -> String { "\((bytes + 500_000) / 1_000_000) MB" }

    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        number == 1 ? "1 \(one)" : "\(number) \(many)"
    }
}

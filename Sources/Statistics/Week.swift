package import Domain

/// A week of UTC, Monday to Sunday, named by its Monday: `2026-11-16`.
package struct Week: Sendable, Hashable, Comparable {
    /// Weeks since that of 29 December 1969.
    let number: Int64

    private static let length: Int64 = 7 * 86_400_000
    /// From the first Monday to the beginning of 1970, a Thursday.
    private static let offset: Int64 = 3 * 86_400_000

    init(number: Int64) {
        self.number = number
    }

    package init(of moment: Timestamp) {
        let (sum, overflow) = moment.milliseconds.addingReportingOverflow(Self.offset)
        number = overflow ? 0 : (sum >= 0 ? sum / Self.length : (sum + 1) / Self.length - 1)
    }

    /// Nil for what is no Monday.
    package init?(name: some StringProtocol) {
        guard let day = Timestamp(day: String(name)), case let week = Week(of: day), week.start == day else {
            return nil
        }
        self = week
    }

    package var start: Timestamp { Timestamp(milliseconds: number * Self.length - Self.offset) }
    package var name: String { String(start.description.prefix(10)) }
    var next: Week { Week(number: number + 1) }

    package static func < (left: Week, right: Week) -> Bool { left.number < right.number }
}

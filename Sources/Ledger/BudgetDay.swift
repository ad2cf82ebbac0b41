package import Domain

/// A day of budgets: a UTC day by the wall clock when its first request leaves. It lasts as long as that day should by the age
/// clock, so that no budget starts over when a person or a time server sets the wall clock.
package struct BudgetDay: Sendable, Hashable {
    /// `2026-12-01`.
    package let day: String
    /// When the next one begins, by the age clock.
    package let end: Timestamp

    private static let length: Int64 = 86_400_000

    package init(day: String, end: Timestamp) {
        self.day = day
        self.end = end
    }

    /// The day that the wall clock shows now.
    init(wall: Timestamp, age: Timestamp) {
        let passed = (wall.milliseconds % Self.length + Self.length) % Self.length
        self.init(
            day: String(wall.description.prefix(10)), end: age.after(Span(milliseconds: Self.length - passed)))
    }
}

import Domain

/// The clock that deadlines hang on.
///
/// It starts at the wall clock when the ledger is made. Within one boot it goes with the boot-time clock alone, so
/// that suspend counts and wall jumps do not; across boots it goes on by the wall clock, and never backwards.
struct AgeClock: Sendable, Equatable {
    /// A moment of all three clocks, as stored.
    struct Anchor: Sendable, Equatable {
        var age: Timestamp
        var wall: Timestamp
        var sinceBoot: Int64
        var bootID: String
    }

    private(set) var anchor: Anchor

    init(startingAt timekeeper: some Timekeeper) {
        let wall = timekeeper.wall()
        anchor = Anchor(age: wall, wall: wall, sinceBoot: timekeeper.sinceBoot(), bootID: timekeeper.bootID)
    }

    init(_ anchor: Anchor) {
        self.anchor = anchor
    }

    /// The age clock's moment now.
    func now(_ timekeeper: some Timekeeper) -> Timestamp {
        let passed =
            timekeeper.bootID == anchor.bootID
            ? timekeeper.sinceBoot() - anchor.sinceBoot
            : timekeeper.wall().since(anchor.wall).milliseconds
        return anchor.age.after(Span(milliseconds: max(0, passed)))
    }

    /// Sets a new anchor at this moment.
    mutating func checkpoint(_ timekeeper: some Timekeeper) {
        anchor = Anchor(
            age: now(timekeeper), wall: timekeeper.wall(), sinceBoot: timekeeper.sinceBoot(),
            bootID: timekeeper.bootID)
    }
}

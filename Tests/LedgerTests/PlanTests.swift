import Domain
import Ledger
import Testing

/// Which outputs end for a plan's sake.
@Suite struct PlanTests {
    private static let now = Timestamp(milliseconds: 1_000_000_000)

    /// Outputs of 10 bytes that settled one minute after the other.
    private func shelf(
        _ outputs: [(saved: Bool, end: Span?, rule: ExpiryRule?)], count: Int? = nil, bytes: Int64? = nil
    ) -> PlanShelf {
        var terms = PlanTerms(name: "free")
        (terms.count, terms.bytes) = (count, bytes)
        let entries = outputs.enumerated().map { number, facts in
            var output = OutputRecord(job: "j\(number)", index: 1)
            output.bytes = 10
            output.isSaved = facts.saved
            output.expiresAt = facts.end.map(Self.now.after)
            output.rule = facts.rule
            return PlanShelf.Entry(
                output: output, settledAt: Self.now.after(.minutes(Int64(number) - 100)),
                ownEnd: Self.now.after(.hours(100)), ownRule: .planAge)
        }
        return PlanShelf(entries: entries, terms: terms)
    }

    private func ends(_ shelf: PlanShelf) -> [String: String] {
        let pairs = shelf.changes(now: Self.now).map { change in
            (
                change.output.job,
                "\(change.rule?.rawValue ?? "-") \(change.end.map { $0.since(Self.now).description } ?? "-")"
            )
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static let plain = (saved: false, end: Span?.some(.hours(100)), rule: ExpiryRule?.some(.planAge))
    private static let saved = (saved: true, end: Span?.none, rule: ExpiryRule?.none)

    @Test func `as long as a plan has room nothing ends for its sake`() {
        let three = [Self.plain, Self.saved, Self.plain]
        #expect(ends(shelf(three)) == [:])
        #expect(ends(shelf(three, count: 3, bytes: 30)) == [:])
    }

    @Test func `the oldest end first, a day from now, and what was saved only when nothing else is left`() {
        let outputs = [Self.saved, Self.plain, Self.plain, Self.saved]
        #expect(ends(shelf(outputs, count: 3)) == ["j1": "plan.count 24h"])
        #expect(ends(shelf(outputs, bytes: 29)) == ["j1": "plan.bytes 24h", "j2": "plan.bytes 24h"])
        #expect(ends(shelf(outputs, count: 3, bytes: 20)) == ["j1": "plan.count 24h", "j2": "plan.bytes 24h"])
        #expect(ends(shelf(outputs, count: 1)).keys.sorted() == ["j0", "j1", "j2"])
    }

    @Test func `who was told of its end keeps it, and who ends sooner by itself has no other`() {
        let told = (saved: false, end: Span?.some(.hours(3)), rule: ExpiryRule?.some(.planCount))
        let soon = (saved: false, end: Span?.some(.hours(5)), rule: ExpiryRule?.some(.time))
        #expect(ends(shelf([told, soon, Self.plain], count: 1)) == [:])
    }

    @Test func `what is no more than the plan allows gets its own end again`() {
        let told = (saved: false, end: Span?.some(.hours(3)), rule: ExpiryRule?.some(.planBytes))
        #expect(ends(shelf([told, Self.plain], count: 2)) == ["j0": "plan.outputs 100h"])
        let saved = (saved: true, end: Span?.some(.hours(3)), rule: ExpiryRule?.some(.planBytes))
        #expect(ends(shelf([saved], count: 2)) == ["j0": "- -"])
    }
}

import Disk
import Support
import Synchronization
import Testing

/// Counts who is inside at once.
private final class Crowd: Sendable {
    private let now = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)

    var most: Int { peak.load(ordering: .relaxed) }

    func enter() { _ = peak.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed) }
    func leave() { now.subtract(1, ordering: .relaxed) }
}

@Suite struct BlockingLaneTests {
    @Test func `a thousand calls come back with their own results, never more than the width at once`() async {
        let lane = BlockingLane(label: "test", width: 3)
        let crowd = Crowd()
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    await lane.run {
                        crowd.enter()
                        defer { crowd.leave() }
                        return number
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 999 * 1000 / 2)
        #expect((1...3).contains(crowd.most))
    }

    @Test func `what a call throws arrives as it was thrown`() async {
        let lane = BlockingLane(label: "test", width: 1)
        await #expect(throws: DiskError.missing("open a file")) {
            try await lane.run { () throws(DiskError) -> Int in throw DiskError.missing("open a file") }
        }
        #expect(await lane.run { 7 } == 7)
    }
}

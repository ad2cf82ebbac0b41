import Disk
import Dispatch
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

/// Stands for a picture that a call writes.
private final class Load: Sendable {
    private let alive: Counter
    init(_ alive: Counter) {
        self.alive = alive
        alive.add(1)
    }
    deinit { alive.add(-1) }
}

private final class Counter: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int { number.load(ordering: .sequentiallyConsistent) }
    @discardableResult func add(_ more: Int) -> Int {
        number.add(more, ordering: .sequentiallyConsistent).newValue
    }
}

@Suite struct BlockingLaneTests {
    @Test func `what a call held is free when it has come back, also while others run`() async throws {
        let lane = BlockingLane(label: "test", width: 1)
        let (loads, submitted, run, back) = (Counter(), Counter(), Counter(), Counter())
        let (first, last) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    submitted.add(1)
                    await lane.run { [load = Load(loads)] in
                        let place = run.add(1)
                        if place == 1 { first.wait() }
                        if place == 40 { last.wait() }
                        withExtendedLifetime(load) {}
                    }
                    back.add(1)
                }
            }
            while submitted.value < 40 { try await Task.sleep(for: .milliseconds(1)) }
            first.signal()
            for _ in 0..<10_000 where back.value < 39 || loads.value > 1 {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(loads.value == 1)
            last.signal()
            try await group.waitForAll()
        }
    }

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

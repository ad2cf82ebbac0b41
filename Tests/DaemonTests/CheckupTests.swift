import Domain
import Ledger
import Support
import Testing

@testable import Daemon

/// What is made of facts, at their edges.
@Suite struct CheckupTests {
    @Test(arguments: [(900, "error"), (1000, "warning"), (1999, "warning"), (2000, "ok")] as [(Int64, String)])
    func `room is enough at twice what must stay free`(free: Int64, level: String) {
        let found = Checkup.space(free * 1_000_000, least: 1_000_000_000)
        #expect(found.level.rawValue == level)
        #expect((found.remedy == nil) == (level == "ok"))
    }

    @Test(arguments: [(1000, "error"), (1001, "warning"), (20_000, "ok"), (.max, "ok")] as [(Int64, String)])
    func `inodes are refused where the pipeline refuses them`(free: Int64, level: String) {
        #expect(Checkup.inodes(free).level.rawValue == level)
    }

    @Test func `a full queue is what keeps the inbox waiting`() {
        let counts: [JobState: Int] = [.waiting: 3, .held: 2]
        #expect(Checkup.queue(counts, most: 6).level == .ok)
        #expect(Checkup.queue(counts, most: 5).level == .warning)
        #expect(Checkup.queue(counts, most: 6).message == "5 jobs are open, of which 2 are held for a person")
    }

    @Test func `open files are counted by the calls that may be under way`() {
        #expect(Checkup.openFiles(1024, calls: 4, workers: 2).level == .ok)
        #expect(Checkup.openFiles(1024, calls: 1000, workers: 2).level == .warning)
    }

    @Test func `swap in memory or under a key is none to worry about`() {
        let head = "Filename\tType\tSize\tUsed\tPriority\n"
        #expect(Checkup.swap(head) { _ in false }.level == .ok)
        #expect(Checkup.swap(head + "/dev/zram0\tpartition\t1\t0\t100\n") { _ in false }.level == .ok)
        #expect(Checkup.swap(head + "/dev/dm-1\tpartition\t1\t0\t-2\n") { $0 == "/dev/dm-1" }.level == .ok)
        let open = Checkup.swap(head + "/dev/zram0\tpartition\t1\n/swap.img\tfile\t1\n") { _ in false }
        #expect(open.level == .warning && open.message.contains("/swap.img") && !open.message.contains("zram"))
    }

    @Test func `a core file is ruled out by its limit, unless a program takes it`() {
        #expect(Checkup.cores(pattern: "core\n", bytes: 0).level == .ok)
        #expect(Checkup.cores(pattern: "core\n", bytes: 1).level == .warning)
        #expect(Checkup.cores(pattern: "|/usr/bin/collect", bytes: 0).level == .warning)
    }

    @Test func `a clock that is set is told from time that passes`() {
        let clock = ManualClock()
        let anchor = LedgerInspection.Anchor(wall: clock.wall(), sinceBoot: clock.sinceBoot(), bootID: clock.bootID)
        clock.pass(.hours(50))
        #expect(Checkup.clock(anchor, clock).level == .ok)
        clock.jumpWall(by: .hours(-1))
        #expect(Checkup.clock(anchor, clock).message.contains("back by 60 min"))
        clock.jumpWall(by: .hours(2))
        #expect(Checkup.clock(anchor, clock).message.contains("forward by 60 min"))
        // How long the machine was off nobody knows.
        clock.reboot(after: .hours(5))
        #expect(Checkup.clock(anchor, clock).level == .ok)
        clock.jumpWall(by: .hours(-100))
        #expect(Checkup.clock(anchor, clock).message.contains("deadlines come later"))
    }

    @Test func `a deadline that has passed is said with its age`() {
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        let late = RetentionState(nextDeadline: nil, holding: 1, oldestOverdue: now.after(Span(milliseconds: -90_500)))
        for isRunning in [false, true] {
            let found = Checkup.deletions(late, now: now, isRunning: isRunning)
            #expect(found.level == .error && found.message.contains("90s"))
            #expect(found.remedy?.contains("log") == isRunning)
        }
        let due = RetentionState(nextDeadline: now, holding: 1, oldestOverdue: nil)
        #expect(Checkup.deletions(due, now: now, isRunning: true).level == .ok)
    }
}

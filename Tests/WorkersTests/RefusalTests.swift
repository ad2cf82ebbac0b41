import Domain
import Foundation
import Support
import Testing
import Workers

/// A kernel that gives no lock, or only says that it does.
@Suite struct RefusalTests {
    /// What the kernel answers instead of doing it.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let call: String
        /// The first argument it is about; every one when negative.
        var option: Int32 = -1
        let answer: Int32
        /// The worker's exit code.
        let code: Int32
        var testDescription: String { "\(call) \(option) answers \(answer)" }

        static let all = [
            Refusal(call: "landlock_create_ruleset", answer: ENOSYS, code: 83),
            Refusal(call: "landlock_create_ruleset", answer: EOPNOTSUPP, code: 83),
            Refusal(call: "landlock_create_ruleset", answer: 0, code: 83),
            Refusal(call: "landlock_restrict_self", answer: EPERM, code: 84),
            Refusal(call: "landlock_restrict_self", answer: 0, code: 85),
            Refusal(call: "seccomp", answer: EPERM, code: 86),
            Refusal(call: "seccomp", answer: EINVAL, code: 86),
            Refusal(call: "seccomp", answer: 0, code: 87),
            Refusal(call: "prctl", answer: EPERM, code: 71),
            Refusal(call: "prctl", option: 38, answer: EPERM, code: 82),
            Refusal(call: "prlimit64", answer: EPERM, code: 88),
            Refusal(call: "prlimit64", answer: 0, code: 88),
        ]
    }

    private let picture = PaintOrder(seed: [1], size: PixelSize(width: 96, height: 64))

    /// The worker is refused, everyone is told what is missing, and nothing is started a second time.
    private func expectRefusal(_ code: Int32, tally: String, _ pool: WorkerPool) async throws {
        for _ in 0..<3 {
            do throws(WorkerError) {
                _ = try await pool.paint(picture, references: [])
                Issue.record("a picture was made")
            } catch {
                guard case .refusedToStart(let detail, let isForGood) = error else { throw error }
                #expect(detail.hasSuffix("(\(code))") && isForGood)
            }
        }
        await #expect(throws: WorkerError.self) { try await pool.makeSure() }
        #expect(pool.starts == 0 && pool.processes.isEmpty)
        #expect(try Data(contentsOf: URL(filePath: tally)).count == 1, "one start is enough to know")
        await pool.shutDown()
    }

    private func pool(_ arguments: [String]) -> WorkerPool {
        WorkerPool(
            executable: Program.besideTests("WorkerHost"), arguments: arguments, count: 1, timeout: .seconds(60),
            keepErrorOutput: true)
    }

    @Test(arguments: Refusal.all)
    func `where a part of the lock is refused or only pretended, nothing is opened`(refusal: Refusal) async throws {
        let scratch = try Scratch("refusal")
        let tally = scratch.file("tally")
        let words = [tally, "refuse", refusal.call, String(refusal.option), String(refusal.answer)]
        try await expectRefusal(refusal.code, tally: tally, pool(words))
    }

    @Test func `a second thread before the lock is a refusal`() async throws {
        let scratch = try Scratch("refusal")
        let tally = scratch.file("tally")
        try await expectRefusal(81, tally: tally, pool([tally, "thread"]))
    }

    @Test func `everyone who waits is told at once`() async throws {
        let scratch = try Scratch("refusal")
        let tally = scratch.file("tally")
        let pool = pool([tally, "refuse", "seccomp", "-1", String(EPERM)])
        let told = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do throws(WorkerError) {
                        _ = try await pool.paint(picture, references: [])
                        return false
                    } catch {
                        guard case .refusedToStart(_, isForGood: true) = error else { return false }
                        return true
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(told == 20)
        #expect(try Data(contentsOf: URL(filePath: tally)).count == 1)
        await pool.shutDown()
    }
}

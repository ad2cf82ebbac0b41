import Foundation
import Glibc
import HTTPServer
import Support
import Synchronization
import Testing

@Suite(.serialized) struct FairnessTests {
    private final class Gate: Sendable {
        let isOpen = Atomic(false)
    }

    @Test func `three jobs that come behind two hundred of another subject are served among the first`() async throws {
        let gate = Gate()
        // The first call waits until everybody stands in line; what A asks for is refused, so that nothing is drawn for it.
        let provider = try Provider { number, request in
            while number == 1, !gate.isOpen.load(ordering: .acquiring) { try? await Task.sleep(for: .milliseconds(20)) }
            return String(decoding: request.body, as: UTF8.self).contains("of A") ? .error(400, "invalid_value") : nil
        }
        let spool = try TestSpool(
            "fair",
            config: provider.configuration(route: "concurrency: 1").replacingOccurrences(of: "6000", with: "100000"))
        for number in 1...200 {
            try spool.drop("a\(number)", manifest: #"{"prompt":"a mill of A","subject":"A","id":"a\#(number)"}"#)
        }
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        func accepted() -> Int { daemon.printed.components(separatedBy: #""message":"job.accepted""#).count - 1 }
        try await eventually("all of A is accepted") { accepted() == 200 }
        for number in 1...3 {
            try spool.drop(
                "b\(number)",
                manifest: #"{"prompt":"a mill of B","subject":"B","id":"b\#(number)","output":{"size":"native"}}"#)
        }
        try await eventually("B stands in line") {
            daemon.printed.components(separatedBy: #""message":"job.prepared""#).count - 1 == 203
        }
        gate.isOpen.store(true, ordering: .releasing)
        try await eventually("B is done") { spool.outcomes("done").count == 3 }
        await daemon.end()
        let subjects = provider.requests.map { String(decoding: $0.body, as: UTF8.self).contains("of B") ? "B" : "A" }
        let places = subjects.indices.filter { subjects[$0] == "B" }
        #expect(places.count == 3 && (places.last ?? 200) < 10, "B's calls were \(places)")
        await provider.stop()
    }

    /// A prompt of that user's, renamed in.
    private func drop(_ name: String, _ prompt: String, by user: uid_t, into spool: TestSpool) throws {
        let hidden = spool.path + "/inbox/." + name
        try Data(prompt.utf8).write(to: URL(fileURLWithPath: hidden))
        #expect(unsafe chown(hidden, user, user) == 0)
        #expect(unsafe rename(hidden, spool.path + "/inbox/" + name + ".txt") == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can hand over as somebody else"))
    func `what three files of one user ask for does not wait for two hundred of another's`() async throws {
        let gate = Gate()
        let provider = try Provider { number, request in
            while number == 1, !gate.isOpen.load(ordering: .acquiring) { try? await Task.sleep(for: .milliseconds(20)) }
            return String(decoding: request.body, as: UTF8.self).contains("of A") ? .error(400, "invalid_value") : nil
        }
        let spool = try TestSpool(
            "fair-owners",
            config: provider.configuration(route: "concurrency: 1").replacingOccurrences(of: "6000", with: "100000"))
        for number in 1...200 { try drop("a\(number)", "a mill of A", by: 20_001, into: spool) }
        let daemon = try Darkroom.Running(
            ["run"] + spool.arguments, environment: CallTests.key, log: spool.scratch.file("log"))
        func count(_ message: String) -> Int {
            daemon.printed.components(separatedBy: #""message":"\#(message)""#).count - 1
        }
        try await eventually("all of A is accepted") { count("job.accepted") == 200 }
        for number in 1...3 { try drop("b\(number)", "a mill of B", by: 20_002, into: spool) }
        try await eventually("B stands in line") { count("job.prepared") == 203 }
        gate.isOpen.store(true, ordering: .releasing)
        try await eventually("B is done") { spool.outcomes("done").count == 3 }
        await daemon.end()
        let places = provider.requests.indices.filter {
            String(decoding: provider.requests[$0].body, as: UTF8.self).contains("of B")
        }
        #expect(places.count == 3 && (places.last ?? 200) < 10, "B's calls were \(places)")
        await provider.stop()
    }
}

import Disk
import Domain
import Foundation
import Intake
import Support
import Synchronization
import Testing

/// Waits for facts only: a wake that does not come is a test that does not end.
@Suite(.timeLimit(.minutes(1))) struct WatcherTests {
    let scratch: Scratch
    let watcher: InboxWatcher

    init() throws {
        scratch = try Scratch("watch")
        try Folders.make(scratch.file("inbox"))
        watcher = InboxWatcher(folder: scratch.file("inbox"), rescan: .hours(1))
    }

    func isThere(_ name: String) -> Bool { Files.exists(scratch.file("inbox/") + name) }

    @Test func `the first wake comes by itself, the next with a file, and the stream ends with the watcher`()
        async throws
    {
        watcher.start()
        var wakes = watcher.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        try Data("p".utf8).write(to: URL(fileURLWithPath: scratch.file("a.txt")))
        try Files.rename(scratch.file("a.txt"), to: scratch.file("inbox/a.txt"))
        #expect(await wakes.next() != nil)
        #expect(watcher.mode == .events)
        watcher.stop()
        while await wakes.next() != nil {}
    }

    @Test func `a wake that was asked for comes without any event`() async throws {
        watcher.start()
        var wakes = watcher.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        watcher.wake(within: Span(milliseconds: 20))
        #expect(await wakes.next() != nil)
        watcher.stop()
    }

    @Test func `an inbox that goes away and comes back is watched again, and that is said once`() async throws {
        let losses = Mutex(0)
        let watcher = InboxWatcher(
            folder: scratch.file("inbox"), rescan: .hours(1), lost: { losses.withLock { $0 += 1 } })
        watcher.start()
        var wakes = watcher.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        try Files.rename(scratch.file("inbox"), to: scratch.file("gone"))
        while watcher.mode == .events { #expect(await wakes.next() != nil) }
        try Folders.make(scratch.file("inbox"))
        while watcher.mode != .events { #expect(await wakes.next() != nil) }
        try Data("p".utf8).write(to: URL(fileURLWithPath: scratch.file("inbox/a.txt")))
        #expect(await wakes.next() != nil)
        #expect(isThere("a.txt"))
        #expect(losses.withLock { $0 } == 1)
        watcher.stop()
    }

    @Test func `an inbox that another folder was put in the place of is noticed at the next look by the clock`()
        async throws
    {
        let modes = Modes()
        let watcher = InboxWatcher(folder: scratch.file("link"), rescan: .seconds(1)) { modes.add($0) }
        try Folders.make(scratch.file("other"))
        // A link instead of a mount, which takes rights: the name stands, and no event tells what it stands for.
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: scratch.file("inbox"))
        watcher.start()
        var wakes = watcher.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("next"), withDestinationPath: scratch.file("other"))
        try Files.rename(scratch.file("next"), to: scratch.file("link"))
        let other = try #require(try Files.info(scratch.file("other")))
        while !watches(inode: other.inode) { #expect(await wakes.next() != nil) }
        #expect(modes.all == [.events])
        watcher.stop()
    }

    /// Whether this process has a watch on the folder, as the kernel says.
    private func watches(inode: UInt64) -> Bool {
        let folder = "/proc/self/fdinfo"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.contains { file in
            let text = (try? String(contentsOfFile: folder + "/" + file, encoding: .utf8)) ?? ""
            return text.contains("inotify") && text.contains(" ino:\(String(inode, radix: 16)) ")
        }
    }

    @Test func `a watch leaves nothing of its own in the inbox`() async throws {
        watcher.start()
        var wakes = watcher.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        while watcher.mode == nil { #expect(await wakes.next() != nil) }
        #expect(try Folders.list(scratch.file("inbox")).entries.isEmpty)
        watcher.stop()
    }
}

private final class Modes: Sendable {
    private let modes = Mutex<[InboxWatcher.Mode]>([])

    var all: [InboxWatcher.Mode] { modes.withLock { $0 } }
    func add(_ mode: InboxWatcher.Mode) { modes.withLock { $0.append(mode) } }
}

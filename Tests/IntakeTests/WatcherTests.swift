import Disk
import Domain
import Foundation
import Intake
import Support
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
        #expect(watcher.isWatching)
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

    @Test func `an inbox that goes away and comes back is watched again`() async throws {
        watcher.start()
        var wakes = watcher.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        try Files.rename(scratch.file("inbox"), to: scratch.file("gone"))
        while watcher.isWatching { #expect(await wakes.next() != nil) }
        try Folders.make(scratch.file("inbox"))
        while !watcher.isWatching { #expect(await wakes.next() != nil) }
        try Data("p".utf8).write(to: URL(fileURLWithPath: scratch.file("inbox/a.txt")))
        #expect(await wakes.next() != nil)
        #expect(isThere("a.txt"))
        watcher.stop()
    }
}

import Disk
import Foundation
import Testing

@Suite struct FilesTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("disk-" + UUID().uuidString).path

    init() throws { try Folders.make(folder + "/a/b") }

    @Test func `a durable write replaces the file as a whole and leaves nothing beside it`() throws {
        defer { try? Folders.removeTree(folder) }
        try Files.writeDurably([1, 2, 3], to: folder + "/x")
        try Files.writeDurably([4], to: folder + "/x", mode: 0o640)
        #expect(try Files.read(folder + "/x", limit: 10) == [4])
        #expect(try Folders.list(folder).entries.map(\.name) == ["a", "x"])
    }

    @Test func `a file over the limit is not read`() throws {
        defer { try? Folders.removeTree(folder) }
        try Files.writeDurably([UInt8](repeating: 7, count: 1_000_000), to: folder + "/x")
        #expect(try Files.read(folder + "/x", limit: 999_999) == nil)
        #expect(try Files.read(folder + "/x", limit: 1_000_000)?.count == 1_000_000)
    }

    @Test func `links and FIFOs are not followed`() throws {
        defer { try? Folders.removeTree(folder) }
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "/etc/passwd")
        #expect(throws: DiskError.self) { try Files.read(folder + "/link", limit: 10_000) }
        #expect(try Files.info(folder + "/link")?.kind == .link)
        let made = unsafe mkfifo(folder + "/fifo", 0o600)
        #expect(made == 0)
        #expect(try Files.read(folder + "/fifo", limit: 10) == [])
        #expect(try Files.info(folder + "/fifo")?.kind == .other)
    }

    @Test func `removing a tree deletes links, not what they point to`() throws {
        defer { try? Folders.removeTree(folder) }
        try Files.writeDurably([1], to: folder + "/a/keep")
        try FileManager.default.createSymbolicLink(atPath: folder + "/a/b/out", withDestinationPath: folder + "/a/keep")
        try Folders.removeTree(folder + "/a/b")
        #expect(Files.exists(folder + "/a/keep") && !Files.exists(folder + "/a/b"))
    }

    @Test func `renaming to a taken name is refused`() throws {
        defer { try? Folders.removeTree(folder) }
        try Files.writeDurably([1], to: folder + "/x")
        try Files.writeDurably([2], to: folder + "/y")
        let error = #expect(throws: DiskError.self) { try Files.renameToFree(folder + "/x", to: folder + "/y") }
        #expect(error?.code == EEXIST)
        #expect(try Files.read(folder + "/y", limit: 9) == [2])
    }

    @Test func `a lock has one holder`() throws {
        defer { try? Folders.removeTree(folder) }
        let first = try FolderLock.take(folder + "/lock")
        let isHeld = first != nil
        let second = try FolderLock.take(folder + "/lock")
        let isTaken = second != nil
        #expect(isHeld && !isTaken)
        #expect(FolderLock.isHeld(folder + "/lock") && !FolderLock.isHeld(folder + "/no-lock"))
    }
}

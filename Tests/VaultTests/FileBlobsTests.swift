import Disk
import Foundation
import Sealing
import Support
import Testing
import Vault

@Suite struct FileBlobsTests {
    let scratch: Scratch
    let blobs: FileBlobs

    init() throws {
        scratch = try Scratch("vault")
        for name in ["blobs", "keys", "hours"] {
            try FileManager.default.createDirectory(atPath: scratch.file(name), withIntermediateDirectories: false)
        }
        blobs = Self.blobs(scratch)
    }

    /// As another process would open them.
    private static func blobs(_ scratch: Scratch, _ root: RootKey? = nil) -> FileBlobs {
        FileBlobs(
            folder: scratch.file("blobs"), keys: scratch.file("keys"), hours: scratch.file("hours"),
            root: root ?? RootKey(.own(scratch.file("seal.key"))))
    }

    @Test func `what lies on the disk is sealed, and the age tool opens it with the key`() async throws {
        let words = "a prompt that nobody else may read"
        let id = try await blobs.put(Array(words.utf8), under: blobs.newKey(hour: 1))
        let file = try Data(contentsOf: URL(filePath: scratch.file("blobs/\(id)")))
        #expect(file.starts(with: Data("age-encryption.org/v1\n".utf8)))
        #expect(file.range(of: Data(words.utf8)) == nil)
        let key = scratch.file("keys/\(BlobID.key(of: id))")
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let tools = try ToolFolder()
        try tools.write(Array(file), to: "sealed")
        // From the root key down, each opened with the one before.
        for (sealed, opener, name) in [
            (scratch.file("hours/0000000001"), scratch.file("seal.key"), "hour"), (key, "hour", "key"),
        ] {
            try tools.write([UInt8](Data(contentsOf: URL(filePath: sealed))), to: "sealed-key")
            if opener != "hour" { try tools.write([UInt8](Data(contentsOf: URL(filePath: opener))), to: "root") }
            let text = try tools.run("age", "-d", "-i", opener == "hour" ? "hour" : "root", "sealed-key")
            #expect(text.hasPrefix("AGE-SECRET-KEY-1"))
            try tools.write(Array(text.utf8), to: name)
        }
        #expect(try tools.run("age", "-d", "-i", "key", "sealed") == words)
        let exported = try #require(try await blobs.exportKey(BlobID.key(of: id)))
        let known = String(decoding: try tools.read("key"), as: UTF8.self).trimmingCharacters(in: .newlines)
        #expect(unsafe exported.withBytes { unsafe String(decoding: $0, as: UTF8.self) } == known)
    }

    @Test func `the end of an hour's key ends all that was sealed in it, and nothing else`() async throws {
        let (early, late) = (try await blobs.newKey(hour: 7), try await blobs.newKey(hour: 8))
        let (one, two) = (try await blobs.put([1], under: early), try await blobs.put([2], under: late))
        #expect(try await blobs.hours() == [7, 8])
        #expect(try await blobs.endHours(before: 8) == 1)
        await #expect(throws: VaultError.missing) { try await blobs.get(one, limit: 9) }
        #expect(try await blobs.get(two, limit: 9) == [2])
        #expect(try await Self.blobs(scratch).get(two, limit: 9) == [2])
        #expect(try await blobs.endHours(before: 9, but: [8]) == 0, "one of its keys is still used")
        try await blobs.destroyKey(late)
        #expect(try await blobs.endHours(before: 9, but: []) == 1)
        #expect(try await blobs.hours() == [])
    }

    @Test func `a key that was destroyed is zeros in what is left of its file`() async throws {
        let key = try await blobs.newKey(hour: 1)
        let file = try FileHandle(forReadingFrom: URL(filePath: scratch.file("keys/\(key)")))
        let before = try #require(try file.readToEnd())
        #expect(before.contains { $0 != 0 })
        try await blobs.destroyKey(key)
        try file.seek(toOffset: 0)
        #expect(try file.readToEnd() == Data(count: before.count))
    }

    @Test func `after a rotation the old root key opens nothing, and everything can still be read`() async throws {
        let id = try await blobs.put([5], under: blobs.newKey(hour: 3))
        let root = scratch.file("seal.key")
        let before = try Data(contentsOf: URL(filePath: root))
        #expect(try FileManager.default.attributesOfItem(atPath: root)[.posixPermissions] as? Int == 0o400)
        #expect(try await blobs.rotate(from: nil) == 1)
        #expect(try Data(contentsOf: URL(filePath: root)) != before)
        #expect(!FileManager.default.fileExists(atPath: root + ".next"))
        let other = Self.blobs(scratch)
        #expect(try await other.get(id, limit: 9) == [5])
        let old = Self.blobs(scratch, RootKey(.given { Array(before) }))
        await #expect(throws: VaultError.self) { try await old.get(id, limit: 9) }
        // The process that has the hour's key open goes on, and so does one that begins another hour.
        #expect(try await blobs.get(id, limit: 9) == [5])
        let next = try await blobs.put([6], under: blobs.newKey(hour: 4))
        #expect(try await Self.blobs(scratch).get(next, limit: 9) == [6])
    }

    @Test(arguments: ["made", "some", "overwritten"])
    func `a rotation that was cut short is gone on with`(at step: String) async throws {
        let one = try await blobs.put([1], under: blobs.newKey(hour: 1))
        let two = try await blobs.put([2], under: blobs.newKey(hour: 2))
        let root = scratch.file("seal.key")
        let old = try Data(contentsOf: URL(filePath: root))
        let hours = try ["hours/0000000001", "hours/0000000002"].map {
            try Data(contentsOf: URL(filePath: scratch.file($0)))
        }
        _ = try await blobs.rotate(from: nil)
        // As it was after that step: the next key stands beside the old one.
        try FileManager.default.moveItem(atPath: root, toPath: root + ".next")
        if step != "overwritten" {
            try old.write(to: URL(filePath: root))
            try hours[1].write(to: URL(filePath: scratch.file("hours/0000000002")))
            if step == "made" { try hours[0].write(to: URL(filePath: scratch.file("hours/0000000001"))) }
        } else {
            try Data(count: old.count).write(to: URL(filePath: root))
        }
        let later = Self.blobs(scratch)
        #expect(try await later.get(one, limit: 9) == [1])
        #expect(try await later.get(two, limit: 9) == [2])
        #expect(try await later.rotate(from: nil) == 2)
        let last = Self.blobs(scratch)
        #expect(try await last.get(one, limit: 9) == [1])
        #expect(try await last.get(two, limit: 9) == [2])
        #expect(!FileManager.default.fileExists(atPath: root + ".next"))
    }

    @Test func `a root key of the operator's is rotated from the one before`() async throws {
        let tools = try ToolFolder()
        let (first, second) = (try tools.run("age-keygen"), try tools.run("age-keygen"))
        let before = Self.blobs(scratch, RootKey(.given { Array(first.utf8) }))
        let id = try await before.put([3], under: before.newKey(hour: 1))
        let after = Self.blobs(scratch, RootKey(.given { Array(second.utf8) }))
        // A start says so, rather than to take what is sealed for damaged.
        func isRefused(_ error: VaultError?) -> Bool { if case .rootKey = error { true } else { false } }
        let atStart = await #expect(throws: VaultError.self) { try await after.checkKeys() }
        let later = await #expect(throws: VaultError.self) { try await after.get(id, limit: 9) }
        #expect(isRefused(atStart) && isRefused(later))
        #expect(try await after.rotate(from: Array(first.utf8)) == 1)
        #expect(try await Self.blobs(scratch, RootKey(.given { Array(second.utf8) })).get(id, limit: 9) == [3])
        let useless = Self.blobs(scratch, RootKey(.given { Array("no key".utf8) }))
        await #expect(throws: VaultError.self) { try await useless.checkKeys() }
    }

    @Test func `a key from before hours had keys still opens what was sealed under it`() async throws {
        let tools = try ToolFolder()
        let text = try #require(try tools.run("age-keygen").split(separator: "\n").last)
        let key = String(repeating: "ab", count: 16)
        try Data(text.utf8).write(to: URL(filePath: scratch.file("keys/\(key)")))
        let id = try await blobs.put([9], under: key)
        #expect(try await Self.blobs(scratch).get(id, limit: 9) == [9])
    }

    @Test func `without its key a blob is gone`() async throws {
        let key = try await blobs.newKey(hour: 1)
        let id = try await blobs.put([1, 2, 3], under: key)
        let other = try await blobs.put([4], under: blobs.newKey(hour: 1))
        try await blobs.destroyKey(key)
        try await blobs.destroyKey(key)
        await #expect(throws: VaultError.missing) { try await blobs.get(id, limit: 10) }
        await #expect(throws: VaultError.missing) { try await blobs.put([1], under: key) }
        #expect(try await blobs.get(other, limit: 10) == [4])
        #expect(try await blobs.keys().map(\.key) == [BlobID.key(of: other)])
    }

    @Test func `a blob that was changed or cut on the disk is not read`() async throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let id = try await blobs.put(bytes, under: blobs.newKey(hour: 1))
        #expect(try await blobs.size(id) == bytes.count)
        let path = URL(filePath: scratch.file("blobs/\(id)"))
        let whole = try Data(contentsOf: path)
        for place in [30, 120, 210, 300, 70_000, whole.count - 1] {
            var changed = whole
            changed[place] ^= 1
            try changed.write(to: path)
            await #expect(throws: VaultError.self) { try await blobs.get(id, limit: 1 << 20) }
        }
        for count in [0, 10, 200, 65_000, whole.count - 1] {
            try whole.prefix(count).write(to: path)
            await #expect(throws: VaultError.self) { try await blobs.get(id, limit: 1 << 20) }
        }
        try whole.write(to: path)
        #expect(try await blobs.get(id, limit: 1 << 20) == bytes)
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 300_000])
    func `every length comes back`(count: Int) async throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let id = try await blobs.put(bytes, under: blobs.newKey(hour: 1))
        #expect(try await blobs.get(id, limit: count) == bytes)
        #expect(try await blobs.size(id) == count)
        #expect(try await blobs.head(id, count: 100) == Array(bytes.prefix(100)))
    }

    @Test func `what was put is got, and destroyed is gone from the folder`() async throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let id = try await blobs.put(bytes, under: blobs.newKey(hour: 1))
        #expect(try await blobs.get(id, limit: bytes.count) == bytes)
        #expect(try await blobs.list().map(\.id) == [id])
        try await blobs.destroy(id)
        try await blobs.destroy(id)
        #expect(try await blobs.list().isEmpty)
        await #expect(throws: VaultError.missing) { try await blobs.get(id, limit: 1) }
    }

    @Test func `an unfinished blob cannot be got and leaves nothing when abandoned`() async throws {
        let writer = try await blobs.begin(under: blobs.newKey(hour: 1))
        try unsafe [UInt8](repeating: 1, count: 10).withUnsafeBytes { try unsafe writer.write($0) }
        await #expect(throws: VaultError.missing) { try await blobs.get(writer.id, limit: 10) }
        #expect(try await blobs.list().map(\.id) == [writer.id + ".part"] && writer.count == 10)
        writer.abandon()
        #expect(try await blobs.list().isEmpty)
    }

    @Test func `a blob that belongs to another one has its name, and lives by itself`() async throws {
        let answer = try await blobs.begin(under: blobs.newKey(hour: 1))
        let picture = try answer.beside(3)
        try picture.write([1, 2, 3])
        try picture.finish()
        answer.abandon()
        #expect(picture.id == BlobID.beside(answer.id, 3) && BlobID.owner(of: picture.id) == answer.id)
        #expect(BlobID.owner(of: answer.id) == answer.id)
        #expect(try await blobs.list().map(\.id) == [picture.id])
        #expect(try await blobs.size(picture.id) == 3)
        #expect(try await blobs.head(picture.id, count: 2) == [1, 2])
        #expect(try await blobs.head(picture.id, count: 200) == [1, 2, 3])
        await #expect(throws: VaultError.missing) { try await blobs.size(answer.id) }
        await #expect(throws: VaultError.missing) { try await blobs.head(answer.id, count: 1) }
    }

    @Test func `what was never finished goes with what lies beside it, and nothing else does`() async throws {
        let key = try await blobs.newKey(hour: 1)
        let other = try await blobs.put([1], under: key)
        let answer = try await blobs.begin(under: key)
        try answer.write([1, 2])
        let names = [answer.id + ".part", BlobID.beside(answer.id, 0), BlobID.beside(answer.id, 1) + ".part"]
        for name in names.dropFirst() {
            try Data([1]).write(to: URL(filePath: scratch.file("blobs/" + name)))
        }
        #expect(try await blobs.list().count == 4)
        try await blobs.destroyUnfinished(answer.id, beside: 2)
        #expect(try await blobs.list().map(\.id) == [other])
    }

    @Test func `a blob over the limit is not read`() async throws {
        let id = try await blobs.put([1, 2, 3], under: blobs.newKey(hour: 1))
        await #expect(throws: VaultError.tooLarge(limit: 2)) { try await blobs.get(id, limit: 2) }
    }

    @Test func `a folder that is gone is an error that says so`() async throws {
        let lost = FileBlobs(
            folder: scratch.file("nowhere"), keys: scratch.file("keys"), hours: scratch.file("hours"),
            root: RootKey(.own(scratch.file("seal.key"))))
        await #expect(throws: VaultError.self) { try await lost.put([1], under: blobs.newKey(hour: 1)) }
    }
}

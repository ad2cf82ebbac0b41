import Disk
import Foundation
import Support
import Testing
import Vault

@Suite struct FileBlobsTests {
    let scratch: Scratch
    let blobs: FileBlobs

    init() throws {
        scratch = try Scratch("vault")
        for name in ["blobs", "keys"] {
            try FileManager.default.createDirectory(atPath: scratch.file(name), withIntermediateDirectories: false)
        }
        blobs = FileBlobs(folder: scratch.file("blobs"), keys: scratch.file("keys"))
    }

    @Test func `what lies on the disk is sealed, and the age tool opens it with the key`() async throws {
        let words = "a prompt that nobody else may read"
        let id = try await blobs.put(Array(words.utf8), under: blobs.newKey())
        let file = try Data(contentsOf: URL(filePath: scratch.file("blobs/\(id)")))
        #expect(file.starts(with: Data("age-encryption.org/v1\n".utf8)))
        #expect(file.range(of: Data(words.utf8)) == nil)
        let key = scratch.file("keys/\(BlobID.key(of: id))")
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let tools = try ToolFolder()
        try tools.write(Array(file), to: "sealed")
        try tools.write([UInt8](Data(contentsOf: URL(filePath: key))), to: "key")
        #expect(try tools.run("age", "-d", "-i", "key", "sealed") == words)
    }

    @Test func `without its key a blob is gone`() async throws {
        let key = try await blobs.newKey()
        let id = try await blobs.put([1, 2, 3], under: key)
        let other = try await blobs.put([4], under: blobs.newKey())
        try await blobs.destroyKey(key)
        try await blobs.destroyKey(key)
        await #expect(throws: VaultError.missing) { try await blobs.get(id, limit: 10) }
        await #expect(throws: VaultError.missing) { try await blobs.put([1], under: key) }
        #expect(try await blobs.get(other, limit: 10) == [4])
        #expect(try await blobs.keys().map(\.key) == [BlobID.key(of: other)])
    }

    @Test func `a blob that was changed or cut on the disk is not read`() async throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let id = try await blobs.put(bytes, under: blobs.newKey())
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
        let id = try await blobs.put(bytes, under: blobs.newKey())
        #expect(try await blobs.get(id, limit: count) == bytes)
        #expect(try await blobs.size(id) == count)
        #expect(try await blobs.head(id, count: 100) == Array(bytes.prefix(100)))
    }

    @Test func `what was put is got, and destroyed is gone from the folder`() async throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let id = try await blobs.put(bytes, under: blobs.newKey())
        #expect(try await blobs.get(id, limit: bytes.count) == bytes)
        #expect(try await blobs.list().map(\.id) == [id])
        try await blobs.destroy(id)
        try await blobs.destroy(id)
        #expect(try await blobs.list().isEmpty)
        await #expect(throws: VaultError.missing) { try await blobs.get(id, limit: 1) }
    }

    @Test func `an unfinished blob cannot be got and leaves nothing when abandoned`() async throws {
        let writer = try await blobs.begin(under: blobs.newKey())
        try unsafe [UInt8](repeating: 1, count: 10).withUnsafeBytes { try unsafe writer.write($0) }
        await #expect(throws: VaultError.missing) { try await blobs.get(writer.id, limit: 10) }
        #expect(try await blobs.list().map(\.id) == [writer.id + ".part"] && writer.count == 10)
        writer.abandon()
        #expect(try await blobs.list().isEmpty)
    }

    @Test func `a blob that belongs to another one has its name, and lives by itself`() async throws {
        let answer = try await blobs.begin(under: blobs.newKey())
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
        let key = try await blobs.newKey()
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
        let id = try await blobs.put([1, 2, 3], under: blobs.newKey())
        await #expect(throws: VaultError.tooLarge(limit: 2)) { try await blobs.get(id, limit: 2) }
    }

    @Test func `a folder that is gone is an error that says so`() async throws {
        let lost = FileBlobs(folder: scratch.file("nowhere"), keys: scratch.file("keys"))
        await #expect(throws: VaultError.self) { try await lost.put([1], under: blobs.newKey()) }
    }
}

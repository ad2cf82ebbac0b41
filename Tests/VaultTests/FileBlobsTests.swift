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
        blobs = FileBlobs(folder: scratch.path)
    }

    @Test func `what was put is got, and destroyed is gone from the folder`() async throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let id = try await blobs.put(bytes)
        #expect(try await blobs.get(id, limit: bytes.count) == bytes)
        #expect(try await blobs.list().map(\.id) == [id])
        try await blobs.destroy(id)
        try await blobs.destroy(id)
        #expect(try await blobs.list().isEmpty)
        await #expect(throws: VaultError.missing) { try await blobs.get(id, limit: 1) }
    }

    @Test func `an unfinished blob cannot be got and leaves nothing when abandoned`() async throws {
        let writer = try await blobs.begin()
        try unsafe [UInt8](repeating: 1, count: 10).withUnsafeBytes { try unsafe writer.write($0) }
        await #expect(throws: VaultError.missing) { try await blobs.get(writer.id, limit: 10) }
        #expect(try await blobs.list().map(\.id) == [writer.id + ".part"] && writer.count == 10)
        writer.abandon()
        #expect(try await blobs.list().isEmpty)
    }

    @Test func `a blob that belongs to another one has its name, and lives by itself`() async throws {
        let answer = try await blobs.begin()
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

    @Test func `a blob over the limit is not read`() async throws {
        let id = try await blobs.put([1, 2, 3])
        await #expect(throws: VaultError.tooLarge(limit: 2)) { try await blobs.get(id, limit: 2) }
    }

    @Test func `a folder that is gone is an error that says so`() async throws {
        let lost = FileBlobs(folder: scratch.file("nowhere"))
        await #expect(throws: VaultError.self) { try await lost.put([1]) }
    }
}

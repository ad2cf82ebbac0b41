import Foundation
import Support
import Testing
import Vault

@Suite struct SubjectVaultTests {
    let scratch: Scratch
    let vault: SubjectVault
    let one = String(repeating: "1a", count: 32)
    let two = String(repeating: "2b", count: 32)

    init() throws {
        scratch = try Scratch("subject-vault")
        for name in ["blobs", "keys", "hours", "subjects"] {
            try FileManager.default.createDirectory(atPath: scratch.file(name), withIntermediateDirectories: false)
        }
        vault = Self.vault(scratch)
    }

    private static func vault(_ scratch: Scratch, _ root: RootKey? = nil) -> SubjectVault {
        SubjectVault(
            folder: scratch.file("subjects"), keys: scratch.file("keys"), hours: scratch.file("hours"),
            root: root ?? RootKey(.own(scratch.file("seal.key"))))
    }

    private func blobs() -> FileBlobs {
        FileBlobs(
            folder: scratch.file("blobs"), keys: scratch.file("keys"), hours: scratch.file("hours"),
            root: RootKey(.own(scratch.file("seal.key"))))
    }

    @Test func `what is kept of a subject is sealed, and comes back whole`() async throws {
        let words = Array("a prompt that stays in somebody's history".utf8)
        let id = try await vault.seal(words, for: one)
        let file = try Data(contentsOf: URL(filePath: scratch.file("subjects/\(one)/\(id)")))
        #expect(file.starts(with: Data("age-encryption.org/v1\n".utf8)) && file.range(of: Data(words)) == nil)
        #expect(try await Self.vault(scratch).open(id, for: one) == words)
        #expect(try await vault.documents(of: one).map(\.id) == [id])
        await #expect(throws: VaultError.missing) { try await vault.open(id, for: two) }
        try await vault.destroy(id, for: one)
        try await vault.destroy(id, for: one)
        await #expect(throws: VaultError.missing) { try await vault.open(id, for: one) }
    }

    @Test func `the end of a subject's key is zeros in its file, and touches nobody else's`() async throws {
        let (mine, other) = (try await vault.seal([1], for: one), try await vault.seal([2], for: two))
        let key = try FileHandle(forReadingFrom: URL(filePath: scratch.file("keys/subjects/\(one)")))
        let before = try #require(try key.readToEnd())
        try await vault.end(one)
        try key.seek(toOffset: 0)
        #expect(try key.readToEnd() == Data(count: before.count))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("subjects/\(one)")))
        await #expect(throws: VaultError.missing) { try await vault.open(mine, for: one) }
        #expect(try await vault.open(other, for: two) == [2])
        try await vault.end(one)
        // Whoever comes back has another key.
        let later = try await vault.seal([3], for: one)
        #expect(try await vault.open(later, for: one) == [3])
    }

    @Test func `all of a subject gets another reference, also where that was cut short`() async throws {
        let id = try await vault.seal([1], for: one)
        let key = scratch.file("keys/subjects/\(one)")
        let text = try Data(contentsOf: URL(filePath: key))
        try await vault.move(one, to: two)
        #expect(try await vault.open(id, for: two) == [1])
        #expect(try await vault.documents(of: one).isEmpty)
        // As it was when the folder had been moved and the key had not.
        try FileManager.default.moveItem(atPath: scratch.file("keys/subjects/\(two)"), toPath: key)
        try await vault.move(one, to: two)
        #expect(try Data(contentsOf: URL(filePath: scratch.file("keys/subjects/\(two)"))) == text)
        #expect(try await vault.open(id, for: two) == [1])
    }

    @Test func `a key whose end was cut short is no key, and stops neither a start nor a rotation`() async throws {
        let (mine, other) = (try await vault.seal([1], for: one), try await vault.seal([2], for: two))
        let hour = try await blobs().newKey(hour: 1)
        for name in ["keys/subjects/\(one)", "hours/0000000001", "keys/\(hour)"] {
            let key = try FileHandle(forWritingTo: URL(filePath: scratch.file(name)))
            try key.write(contentsOf: Data(count: 60))
        }
        try await blobs().checkKeys()
        await #expect(throws: VaultError.missing) { try await Self.vault(scratch).open(mine, for: one) }
        _ = try await blobs().rotate(from: nil)
        #expect(try await Self.vault(scratch).open(other, for: two) == [2])
        await #expect(throws: VaultError.missing) { try await blobs().put([1], under: hour) }
        try await vault.end(one)
        let later = try await vault.seal([3], for: one)
        #expect(try await vault.open(later, for: one) == [3])
    }

    @Test func `a rotation of the root key takes the keys of subjects along`() async throws {
        let id = try await vault.seal([7], for: one)
        let before = try Data(contentsOf: URL(filePath: scratch.file("seal.key")))
        _ = try await blobs().rotate(from: nil)
        #expect(try await Self.vault(scratch).open(id, for: one) == [7])
        let old = Self.vault(scratch, RootKey(.given { Array(before) }))
        await #expect(throws: VaultError.self) { try await old.open(id, for: one) }
    }

    @Test func `keys of subjects are no keys of jobs`() async throws {
        _ = try await vault.seal([1], for: one)
        #expect(try await blobs().countKeys() == 0)
        _ = try await blobs().newKey(hour: 1)
        #expect(try await blobs().countKeys() == 1)
    }

    @Test(arguments: ["", "../../etc", "ABCD", String(repeating: "1a", count: 65), "1a1a/1a1a1a1a1a1a1a"])
    func `a reference that is none names no place`(reference: String) async throws {
        await #expect(throws: VaultError.self) { try await vault.seal([1], for: reference) }
        await #expect(throws: VaultError.self) { try await vault.end(reference) }
    }
}

import Audit
import Digests
import Foundation
import Support
import Testing

/// Signed notes and checkpoints, held against published ones.
@Suite struct NoteTests {
    static let text =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    static let signer = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    static let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let signature =
        "\u{2014} PeterNeumann "
        + "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

    @Test func `the published note is signed to the byte, and its signature verifies`() throws {
        let key = try SigningKey(text: Array(Self.signer.utf8))
        #expect(key.verifier.description == Self.verifier)
        let note = SignedNote(Self.text, with: key)
        #expect(note.description == Self.text + "\n" + Self.signature)
        let read = try #require(SignedNote(Self.text + "\n" + Self.signature))
        let verifier = try VerifierKey(Self.verifier)
        #expect(read == note && read.isSigned(by: verifier))
    }

    @Test func `a changed text, another key and another name are refused`() throws {
        let key = try VerifierKey(Self.verifier)
        let changed = Self.text.replacingOccurrences(of: "answer", with: "Answer")
        #expect(try #require(SignedNote(changed + "\n" + Self.signature)).isSigned(by: key) == false)
        let other = SigningKey.make(name: "PeterNeumann")
        #expect(try #require(SignedNote(Self.text + "\n" + Self.signature)).isSigned(by: other.verifier) == false)
        #expect(throws: AuditError.self) {
            try VerifierKey(Self.verifier.replacingOccurrences(of: "Peter", with: "Paul"))
        }
        for text in ["", "a\n", "a\n\n", "a\n\nb\n", "\n" + Self.signature] { #expect(SignedNote(text) == nil) }
    }

    @Test func `a published checkpoint is read`() throws {
        // The example of the format's own page.
        let note = """
            example.com/behind-the-sofa
            20852163
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=

            """
        let read = try #require(SignedNote(note))
        let checkpoint = try #require(Checkpoint(text: read.text))
        #expect(checkpoint.size == 20_852_163 && checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.text == read.text && read.description == note)
    }

    @Test func `a key comes back from its text, and signs what it signed before`() throws {
        let key = SigningKey.make(name: "darkroom/0a")
        let again = try SigningKey(text: key.text)
        #expect(again.verifier == key.verifier && again.sign([1, 2]) == key.sign([1, 2]))
        #expect(try VerifierKey(key.verifier.description) == key.verifier)
        #expect(throws: AuditError.self) { try SigningKey(text: Array("PRIVATE+KEY+a+b+c".utf8)) }
    }

    @Test func `openssl finds the same signature good`() throws {
        let key = SigningKey.make(name: "darkroom/0b")
        let note = Checkpoint(origin: key.verifier.name, size: 3, root: .empty).signed(with: key)
        let line = try #require(note.description.split(separator: " ").last?.dropLast())
        let signature = try #require(bytes(base64: String(line)))
        let published = try #require(key.verifier.description.split(separator: "+", maxSplits: 2).last)
        let raw = try #require(bytes(base64: String(published)))
        let scratch = try Scratch("note")
        // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
        let info = try #require(bytes(hexadecimal: "302a300506032b6570032100")) + raw.dropFirst()
        try Data(info).write(to: URL(filePath: scratch.file("key.der")))
        try Data(signature.dropFirst(4)).write(to: URL(filePath: scratch.file("signature")))
        try Data(note.text.utf8).write(to: URL(filePath: scratch.file("text")))
        try Spawned.run(
            "openssl",
            [
                "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-in", "text",
                "-sigfile", "signature",
            ], in: scratch.path)
    }

    @Test(arguments: ["", "YQ==", "YWI=", "YWJj", "/+8="]) func `base64 is read in its one spelling`(text: String)
        throws
    {
        let read = try #require(bytes(base64: text))
        #expect(base64(read) == text)
    }

    @Test(arguments: ["YQ", "YR==", "YQ= =", "YQ==\n", "====", "Y===", "YW Jj", " YWJj", "YWJj "])
    func `and in no other`(text: String) { #expect(bytes(base64: text) == nil) }
}

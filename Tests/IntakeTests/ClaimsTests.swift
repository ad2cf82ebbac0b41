import Disk
import Domain
import Foundation
import Spool
import Support
import Testing

@testable import Intake

@Suite struct ClaimsTests {
    let scratch: Scratch
    let spool: SpoolFolders
    let claims: Claims
    let plain = Arrival(form: .plain, name: "fox", files: ["fox.png", "fox.mask.png", "fox.txt"])

    init() throws {
        scratch = try Scratch("claims")
        spool = SpoolFolders(root: scratch.file("spool"))
        try spool.prepare()
        claims = Claims(spool: spool, mostBytes: 1000)
    }

    func drop(_ names: [String]) throws { for name in names { try write(name, in: spool.inbox) } }

    func write(_ name: String, in folder: String, _ text: String? = nil) throws {
        try Folders.make(folder)
        try Data((text ?? name).utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    func names(_ folder: String) throws -> [String] { try Folders.list(folder).entries.map(\.name) }

    func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func `arrivals are taken in turns between their owners, each one's in order`() {
        func arrival(_ name: String, _ owner: UInt32) -> Arrival {
            Arrival(form: .plain, name: name, files: [name + ".txt"], owner: owner)
        }
        let all = (1...4).map { arrival("a\($0)", 7) } + [arrival("b1", 8), arrival("b2", 8), arrival("c1", 9)]
        #expect(all.byTurns.map(\.name) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
        #expect(Array(all.prefix(3)).byTurns.map(\.name) == ["a1", "a2", "a3"])
    }

    @Test func `a claim holds all files and the inbox none`() throws {
        try drop(plain.files)
        let claim = try #require(try claims.take(plain))
        #expect(try Set(names(claim.folder)) == Set(plain.files))
        #expect(try names(spool.inbox).isEmpty)
        #expect(try claims.leftOver() == [claim])
    }

    @Test func `a claim whose file went away leaves the others in the inbox`() throws {
        try drop(["fox.png", "fox.txt"])
        #expect(try claims.take(plain) == nil)
        #expect(try names(spool.inbox) == ["fox.png", "fox.txt"])
        #expect(try names(spool.claims).isEmpty)
    }

    @Test func `one arrival is claimed once`() throws {
        try drop(plain.files)
        #expect(try claims.take(plain) != nil)
        #expect(try claims.take(plain) == nil)
        #expect(try claims.leftOver().count == 1)
    }

    @Test func `a file that is open for writing, or mapped so, is being written; one that is read is not`() throws {
        try drop(["fox.txt", "fox.png"])
        let text = Arrival(form: .plain, name: "fox", files: ["fox.png", "fox.txt"])
        #expect(!claims.isBeingWritten(text))
        let reader = try #require(FileHandle(forReadingAtPath: spool.inbox + "/fox.txt"))
        #expect(!claims.isBeingWritten(text))
        let writer = try #require(FileHandle(forUpdatingAtPath: spool.inbox + "/fox.png"))
        #expect(claims.isBeingWritten(text))
        let map = unsafe mmap(nil, 7, PROT_READ | PROT_WRITE, MAP_SHARED, writer.fileDescriptor, 0)
        try writer.close()
        #expect(claims.isBeingWritten(text))
        unsafe munmap(map, 7)
        #expect(!claims.isBeingWritten(text))
        // The lease that told it is gone: another writer is not kept waiting.
        let next = try #require(FileHandle(forWritingAtPath: spool.inbox + "/fox.txt"))
        try next.close()
        try reader.close()
    }

    @Test func `what is no regular file is not opened to see who writes to it`() throws {
        try drop(["fox.txt"])
        #expect(unsafe mkfifo(spool.inbox + "/fox.png", 0o600) == 0)
        #expect(!claims.isBeingWritten(Arrival(form: .plain, name: "fox", files: ["fox.png", "fox.txt"])))
    }

    @Test func `a folder is being written as long as a file in it is`() throws {
        try write("job.json", in: spool.inbox + "/fox")
        let folder = Arrival(form: .folder, name: "fox", files: ["fox"])
        #expect(!claims.isBeingWritten(folder))
        let writer = try #require(FileHandle(forWritingAtPath: spool.inbox + "/fox/job.json"))
        #expect(claims.isBeingWritten(folder))
        try writer.close()
        #expect(!claims.isBeingWritten(folder))
    }

    // MARK: crashes

    @Test(arguments: [
        ("plain", ["fox.png", "fox.mask.png"]), ("plain", ["fox.png"]), ("manifest", ["fox.png"]), ("plain", []),
        ("folder", []), ("orphan", []),
    ])
    func `a claim without its commit point goes back to the inbox`(form: String, moved: [String]) throws {
        let half = spool.claim(form + "-0123456789abcdef")
        try Folders.make(half)
        for name in moved { try write(name, in: half) }
        try drop(["fox.txt"])
        #expect(try claims.leftOver().isEmpty)
        #expect(try names(spool.inbox) == (moved + ["fox.txt"]).sorted())
        #expect(try names(spool.claims).isEmpty)
    }

    @Test func `a file that goes back writes over nothing and is not lost`() throws {
        let half = spool.claim("plain-0123456789abcdef")
        try write("fox.png", in: half, "the old one")
        try write("fox.png", in: spool.inbox, "the new one")
        #expect(try claims.leftOver().isEmpty)
        #expect(try text(spool.inbox + "/fox.png") == "the new one")
        let other = try #require(try names(spool.inbox).first { $0 != "fox.png" })
        #expect(other.hasPrefix("fox-"))
        #expect(other.hasSuffix(".png"))
        #expect(try text(spool.inbox + "/" + other) == "the old one")
    }

    @Test(arguments: ["gone-manifest-0123456789abcdef", "gone-folder-0123456789abcdef"])
    func `what is left of a claim that was accepted never goes back`(left: String) throws {
        try write("fox.png", in: spool.claim(left))
        #expect(try claims.leftOver().isEmpty)
        #expect(try names(spool.inbox).isEmpty)
        #expect(try names(spool.claims).isEmpty)
    }

    @Test func `what no claim explains is left alone`() throws {
        for name in ["plain", "plain-1", "fox-0123456789abcdef", "plain-0123456789abcdef-x"] {
            try write("fox.txt", in: spool.claim(name))
        }
        #expect(try claims.leftOver().isEmpty)
        #expect(try names(spool.claims).count == 4)
    }

    // MARK: the end of a claim

    @Test func `a claim is dropped with everything that upstream put into it`() throws {
        let job = spool.inbox + "/job"
        try write("job.json", in: job)
        try shell(
            #"""
            printf x > "$(printf 'job/\377.png')"; ln -s /etc/passwd job/link; mkfifo job/fifo
            mkdir job/lifted-1 && printf x > job/lifted-1/a
            (cd job; for i in $(seq 500); do mkdir ddddd && cd ddddd && printf x > f; done; mkdir lifted-1 lifted-2)
            """#, in: spool.inbox)
        try write("stays", in: scratch.file("outside"))
        try shell("ln -s ../../outside job/outside", in: spool.inbox)
        let claim = try #require(try claims.take(Arrival(form: .folder, name: "job", files: ["job"])))
        try claims.drop(claim)
        #expect(try names(spool.claims).isEmpty)
        #expect(try names(scratch.file("outside")) == ["stays"])
        try claims.drop(claim)
    }
}

/// An inbox on a file system of its own.
@Suite(.enabled(if: Elsewhere.isThere, "/dev/shm and the scratch folder are on one file system"))
struct ElsewhereTests {
    let test: ClaimsTests
    let inbox: String
    let remover: Remover

    final class Remover: Sendable {
        let path: String
        init(_ path: String) { self.path = path }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    init() throws {
        test = try ClaimsTests()
        inbox = Elsewhere.memory + "/darkroom-inbox-" + UUID().uuidString
        remover = Remover(inbox)
        try Folders.make(inbox)
        try Folders.removeTree(test.spool.inbox)
        try FileManager.default.createSymbolicLink(atPath: test.spool.inbox, withDestinationPath: inbox)
    }

    @Test func `a claim is copied and the inbox is empty afterwards`() throws {
        try test.drop(test.plain.files)
        let claim = try #require(try test.claims.take(test.plain))
        #expect(try Set(test.names(claim.folder)) == Set(test.plain.files))
        #expect(try test.text(claim.folder + "/fox.txt") == "fox.txt")
        #expect(try test.names(inbox).isEmpty)
        #expect(try test.claims.leftOver() == [claim])
    }

    @Test func `a name as long as names can be is copied`() throws {
        let name = String(repeating: "n", count: 251) + ".txt"
        try test.drop([name])
        let claim = try #require(try test.claims.take(Arrival(form: .plain, name: "n", files: [name])))
        #expect(try test.names(claim.folder) == [name])
    }

    @Test func `a folder is copied with links and devices standing for themselves`() throws {
        try test.write("job.json", in: inbox + "/job")
        try shell("cd job; ln -s /etc/passwd link; mkfifo fifo; ln job.json second; mkdir deeper", in: inbox)
        let claim = try #require(try test.claims.take(Arrival(form: .folder, name: "job", files: ["job"])))
        let kinds = try Folders.list(claim.folder + "/job").entries.map { "\($0.name) \($0.info.kind)" }
        #expect(kinds == ["deeper link", "fifo link", "job.json link", "link link", "second link"])
        #expect(try test.names(inbox).isEmpty)
    }

    @Test func `a file over the limit keeps its size so that it is refused for it`() throws {
        try test.write("fox.png", in: inbox, String(repeating: "x", count: 5000))
        try test.drop(["fox.txt"])
        let claim = try #require(
            try test.claims.take(Arrival(form: .plain, name: "fox", files: ["fox.png", "fox.txt"])))
        #expect(try Files.info(claim.folder + "/fox.png")?.bytes == 5000)
    }

    @Test func `a claim whose file went away leaves the others in the inbox`() throws {
        try test.drop(["fox.png", "fox.txt"])
        #expect(try test.claims.take(test.plain) == nil)
        #expect(try test.names(inbox) == ["fox.png", "fox.txt"])
        #expect(try test.names(test.spool.claims).isEmpty)
    }

    /// Half states of a claim: what stands aside in the inbox, what was copied, and whether the claim is good.
    @Test(
        arguments: [
            (aside: [], copied: nil, isWhole: false),
            (aside: [], copied: [], isWhole: false),
            (aside: ["fox.png"], copied: [], isWhole: false),
            (aside: ["fox.png", "fox.txt"], copied: ["fox.png", ".copy"], isWhole: false),
            (aside: ["fox.png", "fox.txt"], copied: ["fox.png", "fox.txt"], isWhole: true),
            (aside: ["fox.txt"], copied: ["fox.png", "fox.txt"], isWhole: true),
            (aside: ["fox.png", "fox.txt"], copied: nil, isWhole: false),
        ] as [(aside: [String], copied: [String]?, isWhole: Bool)])
    func `a copy that broke off is either the claim or never was`(
        half: (aside: [String], copied: [String]?, isWhole: Bool)
    ) throws {
        let token = "plain-0123456789abcdef"
        try Folders.make(inbox + "/." + token)
        for name in half.aside { try test.write(name, in: inbox + "/." + token) }
        if let copied = half.copied {
            try Folders.make(test.spool.claim(token))
            for name in copied { try test.write(name, in: test.spool.claim(token)) }
        }
        let left = try test.claims.leftOver()
        #expect(left.map(\.token) == (half.isWhole ? [token] : []))
        #expect(try test.names(inbox) == (half.isWhole ? [] : half.aside))
        #expect(try test.names(test.spool.claims) == (half.isWhole ? [token] : []))
    }
}

enum Elsewhere {
    static let memory = "/dev/shm"

    static var isThere: Bool {
        guard let scratch = try? Scratch("probe"), let here = (try? Files.info(scratch.path)) ?? nil,
            let there = (try? Files.info(memory)) ?? nil
        else { return false }
        return here.device != there.device
    }
}

import Disk
import Domain
import Foundation
import Ledger
import Spool
import Support
import Synchronization
import Testing
import Vault

@testable import Intake

/// Names that become something else between a look and what follows it: nothing outside of the inbox is read, moved or deleted.
@Suite struct BeneathTests {
    let desk: Desk
    let outside: String
    private static let secret = "nobody may see this"

    init() throws {
        desk = try Desk()
        outside = desk.scratch.file("outside")
        try Folders.make(outside)
        try Data(#"{"prompt":"\#(Self.secret)","references":["a.png"]}"#.utf8).write(
            to: URL(fileURLWithPath: outside + "/job.json"))
        try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: outside + "/a.png"))
    }

    private var inbox: String { desk.spool.inbox }

    /// Swaps two names back and forth, as fast as it can, until the value goes.
    private final class Swapper: Sendable {
        private let isOver = Atomic(false)
        private let ended = DispatchSemaphore(value: 0)

        init(_ one: String, _ other: String) {
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .acquiring) { try? Files.exchange(one, other) }
                ended.signal()
            }
        }

        func end() {
            isOver.store(true, ordering: .releasing)
            ended.wait()
        }
    }

    private func hasSecret() throws -> Bool {
        try Folders.list(outside).entries.map(\.name) == ["a.png", "job.json"]
    }

    // MARK: between look and open

    @Test func `a folder that becomes a link before it is opened shows nothing of where it leads`() throws {
        try shell("mkdir job; printf '{}' > job/job.json; ln -s ../../outside link", in: inbox)
        let open = try OpenFolder(inbox)
        let listed = try open.list().entries.first { $0.name == "job" }
        #expect(listed?.info.kind == .folder)
        try Files.exchange(inbox + "/job", inbox + "/link")
        #expect(throws: DiskError.self) { try open.folder("job").list() }
        #expect(try open.info("job")?.kind == .link)
        #expect(throws: DiskError.self) { try open.folder("..").list() }
        #expect(throws: DiskError.self) { try open.readOwn("../outside/a.png", limit: 100) }
        #expect(throws: DiskError.self) { try open.readOwn("job/a.png", limit: 100) }
    }

    @Test(arguments: [
        "ln -s ../../outside/a.png x.png", "ln ../../outside/a.png x.png", "mkfifo x.png", "mkdir x.png",
        "ln -s x.png x.png", "ln -s /dev/zero x.png", "ln -s /proc/self/fd/0 x.png",
    ])
    func `what is no file of its own is not read, whatever it was before`(script: String) throws {
        try shell(script, in: inbox)
        #expect(throws: DiskError.self) { try OpenFolder(inbox).readOwn("x.png", limit: 1000) }
        #expect(throws: DiskError.self) { try Files.readOwn(inbox + "/x.png", limit: 1000) }
    }

    @Test func `a socket and a device are not read`() throws {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A relative name, for it has to be short.
        let path = "/tmp/darkroom-\(UUID().uuidString.prefix(8)).txt"
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8) + [0]) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        defer { try? Files.remove(path) }
        #expect(throws: DiskError.self) { try Files.readOwn(path, limit: 1000) }
        #expect(throws: DiskError.self) { try Files.readOwn("/dev/zero", limit: 1000) }
        #expect(throws: DiskError.self) { try Files.readOwn("/dev/tty", limit: 1000) }
    }

    @Test func `a folder that is a link when it is claimed is refused, and what it led to stays`() async throws {
        try shell("ln -s ../../outside job", in: inbox)
        let id = try #require(try await desk.acceptor().accept(try desk.claimFolder()))
        let job = try #require(try await desk.ledger.job(id))
        #expect(job.reason?.code == .invalidManifest)
        #expect(try hasSecret() && desk.blobsOnDisk == 0)
        #expect(try Folders.list(desk.spool.claims).entries.isEmpty)
    }

    @Test func `an image that is swapped while it is taken is itself or refused, never another file`() async throws {
        let acceptor = try await desk.acceptor()
        var taken = 0
        for round in 1...60 {
            let name = "job-\(round)"
            let way = round % 2 == 0 ? "ln -s" : "ln"
            try shell(
                #"mkdir \#(name); cd \#(name); printf picture > a.png; \#(way) "\#(outside)/a.png" other; "#
                    + #"printf '{"prompt":"p","references":["a.png"]}' > job.json"#, in: inbox)
            let claim = try desk.claimFolder(name)
            let inside = claim.folder + "/" + name
            let swapper = Swapper(inside + "/a.png", inside + "/other")
            let id = try? await acceptor.accept(claim)
            swapper.end()
            // A try that broke off is made again, as the daemon does.
            guard let id, let job = try await desk.ledger.job(id), job.reason == nil else { continue }
            taken += 1
            for row in try await desk.ledger.blobs(of: job.id) where row.kind == .reference {
                #expect(try await desk.blobs.get(row.id, limit: 1000) == Array("picture".utf8))
            }
        }
        #expect(try hasSecret())
        #expect(taken < 60, "some were refused")
    }

    // MARK: deleting

    @Test func `a folder that is swapped for a link while it is cleared takes nothing with it`() throws {
        for round in 1...200 {
            let tree = desk.scratch.file("tree-\(round)")
            try Folders.make(tree)
            try shell("mkdir -p d/e; printf x > d/e/a.png; printf x > d/a.png; ln -s ../outside link", in: tree)
            let swapper = Swapper(tree + "/d", tree + "/link")
            // What comes and goes may be in the way; what is outside may not be gone.
            if round % 2 == 0 { try? Folders.removeTree(tree) } else { try? Clearing.clear(tree) }
            swapper.end()
            #expect(try hasSecret())
            try Folders.removeTree(tree)
            #expect(!Files.exists(tree))
        }
    }

    @Test func `a tree is deleted with all kinds of things in it, and no deeper than so many levels`() throws {
        let tree = desk.scratch.file("tree")
        try Folders.make(tree)
        try shell(
            #"mkdir -p a/b/c; mkfifo a/f; ln -s / a/root; printf x > "$(printf 'a/\377')"; printf x > "$(printf 'a/n\nl')""#,
            in: tree)
        try Folders.removeTree(tree)
        #expect(!Files.exists(tree))
        try Folders.removeTree(tree)
        try Folders.removeTree(desk.scratch.file("nowhere/at/all"))
        try Folders.make(tree)
        try shell("p=.; for i in $(seq 20); do p=$p/d; mkdir $p; done", in: tree)
        #expect(throws: DiskError.self) { try Folders.removeTree(tree) }
        try Clearing.clear(tree)
    }
}

/// An inbox on another file system, where a claim is set aside in a folder that others may put something else in the place of.
@Suite(.enabled(if: Elsewhere.isThere, "/dev/shm and the scratch folder are on one file system"))
struct AsideTests {
    @Test func `what somebody put in the place of a claim's folder is neither copied nor cleared`() throws {
        let elsewhere = try ElsewhereTests()
        let outside = elsewhere.test.scratch.file("outside")
        try Folders.make(outside)
        try elsewhere.test.write("fox.txt", in: outside, "a secret")
        let token = "plain-0123456789abcdef"
        try FileManager.default.createSymbolicLink(
            atPath: elsewhere.inbox + "/." + token, withDestinationPath: outside)
        try Folders.make(elsewhere.test.spool.claim(token))
        _ = try elsewhere.test.claims.leftOver()
        #expect(try elsewhere.test.names(outside) == ["fox.txt"])
        #expect(try elsewhere.test.names(elsewhere.inbox).filter { $0.hasSuffix("txt") } == [])
    }
}

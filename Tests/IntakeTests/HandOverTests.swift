import Disk
import Domain
import Foundation
import Spool
import Support
import Testing

@testable import Intake

/// One thing that is wrong with a folder, and what must be said about it.
struct BadFolder: Sendable, CustomTestStringConvertible {
    var manifest: String
    var files: [String: String] = ["a.png": "pixels"]
    /// Run in the folder before it is claimed.
    var script = ""
    var code = ReasonCode.invalidManifest
    var field: String?
    var limit: String?
    var value: String?

    var testDescription: String { "\(manifest.prefix(70)) \(script)" }

    static let cases = manifests + images + limits + jsons

    private static let manifests: [BadFolder] = [
        .init(manifest: #"{"prompt": "p", "promt": 1}"#, field: "promt"),
        .init(manifest: #"{"prompt": "p", "prompt": "q"}"#, field: "prompt"),
        .init(manifest: #"{"references": ["a.png"]}"#, field: "prompt"),
        .init(manifest: #"{"prompt": "  "}"#, field: "prompt"),
        .init(manifest: #"{"prompt": 7}"#, field: "prompt"),
        .init(manifest: #"{"prompt": "p", "references": "a.png"}"#, field: "references"),
        .init(manifest: #"{"prompt": "p", "count": 11}"#, field: "count"),
        .init(manifest: #"{"prompt": "p", "id": ".hidden"}"#, field: "id"),
        .init(manifest: #"{"prompt": "p", "template": {"name": "x"}}"#, field: "template"),
        .init(manifest: #"{"template": {"name": "../x"}}"#, field: "template.name"),
        .init(manifest: "[]"), .init(manifest: "null"), .init(manifest: ""),
        .init(manifest: String(repeating: "[", count: 50_000), field: String(repeating: "[0]", count: 64)),
    ]

    private static let images: [BadFolder] =
        ["../a.png", "/etc/passwd", "./a.png", "deeper/a.png", "deeper\\a.png", "..", ".", "", ".a.png"].map {
            let name = $0.replacing("\\", with: "\\\\")
            return BadFolder(manifest: #"{"prompt": "p", "references": ["\#(name)"]}"#, field: "references[0]")
        } + [
            named("deeper/\u{338}a.png", "mkdir deeper; printf x > \"$(printf 'deeper/\\314\\270a.png')\""),
            named("a.png", "ln -s /etc/passwd b; mv b a.png"), named("a.png", "ln a.png second"),
            named("a.png", "rm a.png; mkdir a.png"), named("a.png", "rm a.png; mkfifo a.png"), named("b.png", ""),
            named("a.png", ": > a.png", .referenceUnreadable, value: "0"),
            .init(
                manifest: #"{"prompt": "p", "references": ["a.png"], "mask": "m.png"}"#, script: "ln -s a.png m.png",
                field: "mask"),
            .init(manifest: #"{"prompt": "p", "references": ["a.png", "a.png"]}"#, field: "references[1]"),
        ]

    private static let limits: [BadFolder] = [
        .init(
            manifest: #"{"prompt": "p", "references": ["a.png", "b.png"]}"#,
            files: ["a.png": "x", "b.png": String(repeating: "x", count: 1001)], code: .referenceTooLarge,
            field: "references[1]", limit: "1000", value: "1001"),
        .init(
            manifest: #"{"prompt": "p", "references": ["a.png", "b.png"], "mask": "c.png"}"#,
            files: Dictionary(uniqueKeysWithValues: "abc".map { ("\($0).png", String(repeating: "x", count: 700)) }),
            code: .referenceTooLarge, field: "references", limit: "2000", value: "2100"),
        .init(
            manifest: #"{"prompt": "p", "references": ["a", "b", "c", "d"]}"#, field: "references", limit: "3",
            value: "4"),
        .init(
            manifest: #"{"prompt": "\#(String(repeating: "p", count: 32_001))"}"#, code: .promptTooLong,
            field: "prompt", limit: "32000", value: "32001"),
        .init(
            manifest: #"{"prompt": "\#(String(repeating: "p", count: 99_988))"}"#, limit: "100000", value: "100002"),
    ]

    private static let jsons: [BadFolder] = [
        .init(manifest: "{}", script: #"printf '{"prompt": "p"}' > real; ln -s real real2; mv real2 job.json"#),
        .init(manifest: #"{"prompt": "p"}"#, script: "ln job.json second"),
        .init(manifest: "{}", script: "rm job.json; mkfifo job.json"),
        .init(manifest: "{}", script: "rm job.json; mkdir job.json"),
        .init(manifest: "{}", script: "rm job.json"),
        .init(manifest: "{}", script: "truncate -s 900G job.json", limit: "100000", value: "966367641600"),
        .init(manifest: "{}", script: #"printf '{"prompt": "\377"}' > job.json"#, field: "prompt"),
    ]

    private static func named(
        _ name: String, _ script: String, _ code: ReasonCode = .invalidManifest, value: String? = nil
    ) -> BadFolder {
        BadFolder(
            manifest: #"{"prompt": "p", "references": ["\#(name)"]}"#, script: script, code: code,
            field: "references[0]", value: value)
    }
}

@Suite struct HandOverTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    func read(_ claim: Claim) throws -> Reason? {
        guard case .refused(let reason, _) = try HandOver.read(claim, limits: desk.limits).content else { return nil }
        return reason
    }

    @Test(arguments: BadFolder.cases)
    func `a folder that can not be a job says what is wrong with it`(bad: BadFolder) throws {
        let folder = desk.spool.inbox + "/job"
        try Folders.make(folder)
        for (name, text) in bad.files.merging(["job.json": bad.manifest], uniquingKeysWith: { first, _ in first }) {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        try shell(bad.script, in: folder)
        let reason = try #require(try read(desk.claimFolder()))
        #expect(reason.code == bad.code)
        #expect(reason.field == bad.field)
        if let limit = bad.limit { #expect(reason.limit == limit) }
        if let value = bad.value { #expect(reason.value == value) }
    }

    func plain(_ files: [String], _ script: String) throws -> Claim {
        try shell(script, in: desk.spool.inbox)
        return try #require(try desk.claims.take(Arrival(form: .plain, name: "fox", files: files)))
    }

    @Test(arguments: [
        (["fox.png", "fox.webp", "fox.txt"], "printf x | tee fox.png fox.webp fox.txt", "references"),
        (
            ["fox.mask.png", "fox.MASK.png", "fox.txt"], "printf x | tee fox.mask.png fox.MASK.png fox.txt",
            "references"
        ),
        (["fox.txt"], ": > fox.txt", "prompt"),
        (["fox.txt"], #"printf ' \t\r\n' > fox.txt"#, "prompt"),
        (["fox.txt"], #"printf '\377' > fox.txt"#, "prompt"),
        (["fox.txt"], "truncate -s 900G fox.txt", "prompt"),
        (["fox.txt"], "printf x > fox.txt; ln fox.txt second", "prompt"),
        (["fox.txt"], "ln -s /etc/passwd fox.txt", "prompt"),
        (["fox.png", "fox.txt"], "printf x > fox.txt; mkdir fox.png", "references[0]"),
        (["fox.png", "fox.txt"], "printf x > fox.txt; ln -s /etc/passwd fox.png", "references[0]"),
        (["fox.mask.png", "fox.txt"], "printf x > fox.txt; mkfifo fox.mask.png", "mask"),
    ])
    func `a text that can not be a job says what is wrong with it`(
        files: [String], script: String, field: String
    ) throws {
        let reason = try #require(try read(plain(files, script)))
        #expect(reason.code == .invalidManifest)
        #expect(reason.field == field)
    }

    @Test func `a mask in capitals is the mask and not a second image`() throws {
        let claim = try plain(["fox.PNG", "fox.MASK.PNG", "fox.txt"], "printf x | tee fox.PNG fox.MASK.PNG fox.txt")
        guard case .job(let manifest, let references, let mask) = try HandOver.read(claim, limits: desk.limits).content
        else {
            Issue.record("it was refused")
            return
        }
        #expect(manifest.spec.prompt == "x")
        #expect(references == [claim.folder + "/fox.PNG"])
        #expect(mask == claim.folder + "/fox.MASK.PNG")
    }

    @Test func `an orphan says how long it was waited for`() throws {
        try shell("printf x > lost.png", in: desk.spool.inbox)
        let claim = try #require(
            try desk.claims.take(Arrival(form: .orphan, name: "lost", files: ["lost.png"])))
        let reason = try #require(try read(claim))
        #expect(reason.code == .orphan)
        #expect(reason.limit == "10m")
    }
}

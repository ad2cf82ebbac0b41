import Disk
import Domain
import Foundation
import Intake
import Support
import Testing

@Suite struct SurveyTests {
    let inbox: Inbox

    init() throws { inbox = try Inbox() }

    @Test(arguments: [
        ".a.txt", "~a.txt", "a.txt.part", "a.partial", "a.tmp", "a.TEMP", "a.txt.swp", "a.filepart", "a.crdownload",
        "a.Download", "tmp",
    ])
    func `a name that says unfinished is left alone for ever`(name: String) throws {
        try inbox.renameIn(name)
        _ = try inbox.look()
        inbox.pass(.hours(48))
        let findings = try inbox.look()
        #expect(findings.arrivals.isEmpty)
        #expect(findings.strangers == 0)
    }

    @Test func `a text that was renamed in is taken at the first look`() throws {
        try inbox.renameIn("fox.txt")
        #expect(try inbox.look().names == ["plain fox.txt"])
    }

    @Test func `a text that was written in place is taken after the settle time and not before`() throws {
        try inbox.write("fox.txt")
        let first = try inbox.look()
        #expect(first.arrivals.isEmpty)
        #expect(first.lookAgain == inbox.now.after(.seconds(1)))
        inbox.pass(Span(milliseconds: 999))
        #expect(try inbox.look().arrivals.isEmpty)
        inbox.pass(Span(milliseconds: 1))
        #expect(try inbox.look().names == ["plain fox.txt"])
    }

    @Test func `a text that is still growing is never taken`() throws {
        let writer = try SlowWriter(inbox.path + "/fox.txt")
        for _ in 0..<20 {
            try writer.write("and a fox ")
            #expect(try inbox.look().arrivals.isEmpty)
            inbox.pass(.seconds(1))
        }
    }

    @Test func `two writers of one text both have to be quiet`() throws {
        let path = inbox.path + "/fox.txt"
        let first = try SlowWriter(path)
        let second = try SlowWriter(path)
        for writer in [first, second, first] {
            try writer.write("a fox ")
            #expect(try inbox.look().arrivals.isEmpty)
            inbox.pass(.seconds(1))
        }
        #expect(try inbox.look().names == ["plain fox.txt"])
    }

    @Test func `a second name for a file that is being written does not make it whole`() throws {
        let outside = inbox.scratch.file("elsewhere/growing")
        try Data("a fox and ".utf8).write(to: URL(fileURLWithPath: outside))
        repeat {
            try Files.remove(inbox.path + "/fox.txt")
            #expect(try Files.link(outside, at: inbox.path + "/fox.txt"))
        } while try Files.info(outside).map { $0.changed <= $0.modified } ?? true
        #expect(try inbox.look().arrivals.isEmpty)
    }

    @Test func `an empty text is taken when it has settled so that it can be refused`() throws {
        try inbox.renameIn("empty.txt", "")
        #expect(try inbox.look().arrivals.isEmpty)
        inbox.pass(.seconds(1))
        #expect(try inbox.look().names == ["plain empty.txt"])
    }

    @Test func `files that were there before the first look have to settle too`() throws {
        try inbox.write("fox.txt")
        inbox.pass(.hours(2))
        #expect(try inbox.look().arrivals.isEmpty)
    }

    // MARK: folders

    @Test func `a folder that was renamed in is taken at the first look`() throws {
        try inbox.renameFolderIn("job", ["job.json": "{}", "a.png": "png"])
        #expect(try inbox.look().names == ["folder job"])
    }

    @Test func `a folder without a job json is left alone`() throws {
        try inbox.renameFolderIn("photos", ["a.png": "png"])
        let findings = try inbox.lookTwice()
        #expect(findings.arrivals.isEmpty)
        #expect(findings.strangers == 1)
    }

    @Test func `a folder that is filled slowly is not taken before its last file is quiet`() throws {
        try Folders.make(inbox.path + "/job")
        try inbox.write("job/job.json", "{}")
        let image = try SlowWriter(inbox.path + "/job/a.png")
        for _ in 0..<5 {
            try image.write("pixels")
            let findings = try inbox.look()
            #expect(findings.arrivals.isEmpty)
            #expect(findings.lookAgain != nil)
            inbox.pass(.seconds(1))
        }
        #expect(try inbox.look().names == ["folder job"])
    }

    // MARK: companions

    @Test func `the image and the mask beside a text come with it and before it`() throws {
        for name in ["fox.png", "fox.mask.png", "fox.txt"] { try inbox.renameIn(name) }
        #expect(try inbox.look().names == ["plain fox.png fox.mask.png fox.txt"])
    }

    @Test func `two images beside a text both come so that the job can be refused`() throws {
        for name in ["fox.png", "fox.webp", "fox.txt"] { try inbox.renameIn(name) }
        #expect(try inbox.look().names == ["plain fox.png fox.webp fox.txt"])
    }

    @Test(arguments: ["fox.PNG", "fox.Png", "fox.JpEg", "fox.Mask.PNG"])
    func `an image belongs to its text whatever case its suffix has`(image: String) throws {
        for name in [image, "fox.txt"] { try inbox.renameIn(name) }
        #expect(try inbox.look().names == ["plain \(image) fox.txt"])
    }

    @Test func `a text waits for the image beside it that is still being written`() throws {
        try inbox.write("fox.png", "half")
        try inbox.renameIn("fox.txt")
        #expect(try inbox.look().arrivals.isEmpty)
        inbox.pass(.seconds(1))
        #expect(try inbox.look().names == ["plain fox.png fox.txt"])
    }

    @Test func `a folder that bears an image's name comes with its text so that the job can be refused`() throws {
        try Folders.make(inbox.path + "/x.png")
        try inbox.renameIn("x.txt")
        #expect(try inbox.lookTwice().names == ["plain x.png x.txt"])
    }

    // MARK: manifests

    @Test func `a manifest waits for the images that it names and takes them first`() throws {
        try inbox.renameIn("m.json", #"{"prompt": "p", "references": ["a.png", "b.png"], "mask": "mask.png"}"#)
        try inbox.renameIn("a.png")
        try inbox.renameIn("mask.png")
        let waiting = try inbox.look()
        #expect(waiting.arrivals.isEmpty)
        #expect(waiting.lookAgain == inbox.now.after(.minutes(10)))
        inbox.pass(.minutes(9))
        try inbox.renameIn("b.png")
        #expect(try inbox.look().names == ["manifest a.png b.png mask.png m.json"])
    }

    @Test func `a manifest whose image never comes is taken when an orphan's time is over`() throws {
        try inbox.renameIn("m.json", #"{"prompt": "p", "references": ["a.png", "b.png"]}"#)
        try inbox.renameIn("a.png")
        _ = try inbox.look()
        inbox.pass(.minutes(10))
        #expect(try inbox.look().names == ["manifest a.png m.json"])
    }

    @Test func `a manifest that names one file as reference and mask takes it once`() throws {
        try inbox.renameIn("m.json", #"{"prompt": "p", "references": ["a.png"], "mask": "a.png"}"#)
        try inbox.renameIn("a.png")
        #expect(try inbox.look().names == ["manifest a.png m.json"])
    }

    @Test(arguments: ["m.json", "other.txt", "other.JSON"])
    func `a manifest can not take another hand-over or itself as an image`(name: String) throws {
        try inbox.renameIn("m.json", #"{"prompt": "p", "references": ["\#(name)"]}"#)
        #expect(try inbox.look().names == ["manifest m.json"])
    }

    @Test func `a batch waits for the images that any of its lines names`() throws {
        try inbox.renameIn(
            "b.jsonl",
            """
            {"prompt":"one","references":["a.png"]}
            not a manifest
            {"prompt":"two","references":["a.png","b.png"],"mask":"m.png"}
            """)
        try inbox.renameIn("a.png")
        #expect(try inbox.look().arrivals.isEmpty)
        try inbox.renameIn("b.png")
        try inbox.renameIn("m.png")
        #expect(try inbox.look().names == ["batch a.png b.png m.png b.jsonl"])
    }

    @Test func `a batch whose image never comes is taken when an orphan's time is over`() throws {
        try inbox.renameIn("b.jsonl", #"{"prompt":"one","references":["a.png"]}"#)
        #expect(try inbox.look().arrivals.isEmpty)
        inbox.pass(.minutes(10))
        #expect(try inbox.look().names == ["batch b.jsonl"])
    }

    @Test func `a batch too long for one look is read on at the next ones, and nothing else waits for it`() throws {
        let line = #"{"prompt":"\#(String(repeating: "x", count: 1000))"}"#
        let text = String(repeating: line + "\n", count: 20_000) + #"{"prompt":"x","references":["last.png"]}"#
        try inbox.renameIn("b.jsonl", text)
        try inbox.renameIn("last.png")
        try inbox.renameIn("fox.txt")
        inbox.pass(.minutes(20))
        // Nobody knows yet whose the image is.
        #expect(try inbox.look().names == ["plain fox.txt"])
        #expect(try inbox.look().lookAgain == inbox.now)
        #expect(try inbox.look().names == ["batch last.png b.jsonl", "plain fox.txt"])
    }

    @Test func `a manifest that is no manifest is taken so that it can be refused`() throws {
        try inbox.renameIn("m.json", "{")
        #expect(try inbox.look().names == ["manifest m.json"])
    }

    // MARK: owners

    @Test func `what belongs to somebody who may not hand over is left alone and counted`() throws {
        let own = try #require(try Files.info(inbox.path)).owner
        inbox.survey = InboxSurvey(settle: .seconds(1), orphanAfter: .minutes(10), owners: [own + 1])
        try inbox.renameIn("fox.txt")
        try inbox.renameIn("fox.png")
        let findings = try inbox.look()
        #expect(findings.arrivals.isEmpty && findings.strangers == 2 && findings.waiting == 2)
        inbox.survey = InboxSurvey(settle: .seconds(1), orphanAfter: .minutes(10), owners: [own + 1, own])
        #expect(try inbox.look().names == ["plain fox.png fox.txt"])
    }

    // MARK: orphans

    @Test func `an image that no prompt claims is an orphan when its time is over and not before`() throws {
        try inbox.renameIn("lost.png")
        #expect(try inbox.look().lookAgain == inbox.now.after(.minutes(10)))
        inbox.pass(.minutes(10).less(1))
        #expect(try inbox.look().arrivals.isEmpty)
        inbox.pass(Span(milliseconds: 1))
        #expect(try inbox.look().names == ["orphan lost.png"])
    }

    @Test func `no image is an orphan while a manifest that may name it is being written`() throws {
        try inbox.renameIn("a.png")
        _ = try inbox.look()
        inbox.pass(.minutes(10))
        try inbox.write("m.json", #"{"prompt": "p", "references": ["a.png"]}"#)
        #expect(try inbox.look().arrivals.isEmpty)
        inbox.pass(.seconds(1))
        #expect(try inbox.look().names == ["manifest a.png m.json"])
    }

    // MARK: strange names and kinds

    @Test func `links and FIFOs are neither followed nor opened`() throws {
        try inbox.renameIn("real.part")
        try shell("ln -s /etc/passwd a.txt && mkfifo b.txt && ln -s . loop", in: inbox.path)
        let findings = try inbox.lookTwice()
        #expect(findings.arrivals.isEmpty)
        #expect(findings.strangers == 3)
    }

    @Test(arguments: ["a\nb", "a\"b", String(repeating: "n", count: 251), "ü", "-rf", "$(x)", " "])
    func `a strange name is a name`(stem: String) throws {
        try inbox.renameIn(stem + ".txt")
        #expect(try inbox.look().arrivals.map(\.name) == [stem])
    }

    @Test func `two spellings of one letter are two files that settle on their own`() throws {
        try inbox.write("\u{E9}.txt")
        _ = try inbox.look()
        inbox.pass(.seconds(1))
        try inbox.write("e\u{301}.txt")
        #expect(try inbox.look().arrivals.flatMap(\.files).map { Array($0.utf8) } == [Array("\u{E9}.txt".utf8)])
        inbox.pass(.seconds(1))
        #expect(try inbox.look().arrivals.count == 2)
    }

    @Test func `a name that is not UTF-8 stops no other`() throws {
        try shell(#"printf 'a fox' > "$(printf 'a\377.txt')""#, in: inbox.path)
        try inbox.renameIn("fox.txt")
        #expect(try inbox.look().names == ["plain fox.txt"])
        #expect(try Folders.list(inbox.path).unreadableNames == 1)
    }
}

extension Span {
    fileprivate func less(_ milliseconds: Int64) -> Span { Span(milliseconds: self.milliseconds - milliseconds) }
}

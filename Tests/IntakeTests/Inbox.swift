import Disk
import Domain
import Foundation
import Intake
import Support

/// A real inbox, and a survey of it whose clock a test moves.
final class Inbox {
    let scratch: Scratch
    let path: String
    var survey: InboxSurvey
    private(set) var now = Timestamp(milliseconds: 1_000_000)

    init(settle: Span = .seconds(1), orphanAfter: Span = .minutes(10)) throws {
        scratch = try Scratch("inbox")
        path = scratch.file("inbox")
        try Folders.make(path)
        try Folders.make(scratch.file("elsewhere"))
        survey = InboxSurvey(settle: settle, orphanAfter: orphanAfter)
    }

    func pass(_ span: Span) { now = now.after(span) }

    /// Surveys what stands there now.
    func look() throws -> InboxSurvey.Findings {
        survey.survey(
            try Folders.list(path).entries, now: now,
            inside: { [path] in (try? Folders.list(path + "/" + $0).entries) ?? [] },
            named: { [path] name in
                if name.hasSuffix(".jsonl") { return try? Batch.images(in: path + "/" + name, longest: 1000) }
                guard let bytes = (try? Files.read(path + "/" + name, limit: 1_000_000)) ?? nil,
                    let manifest = try? Manifest.read(bytes)
                else { return nil }
                return manifest.images
            })
    }

    /// Looks, lets the settle time pass, and looks again.
    func lookTwice() throws -> InboxSurvey.Findings {
        _ = try look()
        pass(.seconds(1))
        return try look()
    }

    /// Writes in place, as a writer does who does not know better: both times of the file are the same moment.
    func write(_ name: String, _ text: String = "a red fox") throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// Writes elsewhere and renames in, until the clock of the file system has ticked in between.
    func renameIn(_ name: String, _ text: String = "a red fox") throws {
        let outside = scratch.file("elsewhere/file")
        try Data(text.utf8).write(to: URL(fileURLWithPath: outside))
        try settleIn(outside, name)
    }

    func renameFolderIn(_ name: String, _ files: [String: String]) throws {
        let outside = scratch.file("elsewhere/folder")
        try Folders.make(outside)
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: outside + "/" + name)) }
        try settleIn(outside, name)
    }

    private func settleIn(_ outside: String, _ name: String) throws {
        try Files.rename(outside, to: path + "/" + name)
        while let info = try Files.info(path + "/" + name), info.changed <= info.modified {
            try Files.rename(path + "/" + name, to: outside)
            try Files.rename(outside, to: path + "/" + name)
        }
    }
}

extension InboxSurvey.Findings {
    var names: [String] { arrivals.map { "\($0.form.rawValue) \($0.files.joined(separator: " "))" } }
}

import Digests
import Disk
import Documents
import Domain
import Inspection
import Outcomes
import Provenance

extension Program {
    static let verifyVerb = Verb(
        name: "verify", summary: "whose marks a picture carries, and whether it is the file that its sidecar speaks of",
        arguments: "FILE…", words: 1...10_000, options: [.json],
        examples: [
            "darkroom verify done/lighthouse-7QK2M9XB/lighthouse-7QK2M9XB-1.png",
            "darkroom verify --json *.png    # 0 only if all are ours",
        ]
    ) { invocation throws(CommandError) in
        var files: [Verification] = []
        for path in invocation.words { files.append(try Verification(of: path)) }
        if invocation.wantsJSON {
            Console.print(.fields(["schema": "darkroom.verify/1", "files": .array(files.map(\.document))]))
        } else {
            Console.print(Console.table(files.map { [$0.verdict.rawValue, $0.path, $0.why] }))
        }
        return (files.allSatisfy { $0.verdict == .ours } ? ExitCode.fine : .notAllWell).rawValue
    }
}

/// What can be said of one picture file without a signature.
struct Verification {
    enum Verdict: String {
        /// Marked by Darkroom, and nothing says that it was changed.
        case ours
        /// Marked as a machine's work by somebody else.
        case foreign
        /// It was an output of Darkroom's, and is not any more.
        case tampered
        /// No mark that we can read.
        case none
    }

    let path: String
    let verdict: Verdict
    /// One sentence for people.
    let why: String
    private let marks: Marks
    private let sha256: String
    private let witness: Witness?

    init(of path: String) throws(CommandError) {
        let bytes = try PictureFiles.read(path, limit: 1 << 30)
        guard (try? inspect(bytes)) != nil else {
            throw CommandError(.data, "\(path): not a picture in a format that can be inspected")
        }
        self.path = path
        marks = readMarks(of: bytes)
        sha256 = hexadecimal(SHA256Digest.of(bytes))
        witness = path == "-" ? nil : Witness(for: path)
        (verdict, why) = Self.judge(marks, sha256, witness)
    }

    private static func judge(_ marks: Marks, _ sha256: String, _ witness: Witness?) -> (Verdict, String) {
        if let witness {
            guard witness.sha256 == sha256 else {
                return (.tampered, "it is not the file that \(witness.name) beside it speaks of")
            }
            let what = witness.isOriginal ? "the provider's own picture, as it came" : "as it was delivered"
            return (.ours, "\(what), says \(witness.name) beside it")
        }
        if marks.areOurs {
            guard !marks.hasForeign else {
                return (.tampered, "it carries our mark, and others that no output of ours has")
            }
            return (.ours, "by its mark alone: there is no sidecar beside it, and signatures are not built yet")
        }
        guard marks.areForeign else { return (.none, "no mark of a machine that can be read") }
        let said = [
            marks.hasC2PA ? "a C2PA manifest (not verified)" : nil, marks.digitalSourceType.map(Self.plain),
            marks.aiSystem.map(Self.plain), marks.hasGeneratorText ? "a generator's text" : nil,
        ].compactMap { $0 }
        return (.foreign, "marked by others: " + said.joined(separator: ", "))
    }

    /// A stranger's words, fit for a terminal.
    private static func plain(_ text: String) -> String {
        String(text.unicodeScalars.prefix(60).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
    }

    var document: JSONValue {
        .fields([
            "file": .string(path), "verdict": .string(verdict.rawValue), "why": .string(why), "sha256": .string(sha256),
            "marks": .fields([
                "digital_source_type": .text(marks.digitalSourceType), "ai_system": .text(marks.aiSystem),
                "creator_tool": .text(marks.creatorTool), "simulated": .bool(marks.isSimulated),
                "c2pa": .bool(marks.hasC2PA), "generator_text": .bool(marks.hasGeneratorText),
                "packets": .integer(marks.packets),
            ]),
            "sidecar": witness.map { witness in
                .fields([
                    "file": .string(witness.name), "matches": .bool(witness.sha256 == sha256),
                    "job": .text(witness.job), "original": .bool(witness.isOriginal),
                ])
            },
        ])
    }
}

/// A sidecar beside a picture, and what it says of that file.
private struct Witness {
    private static let limit = 1 << 20

    let name: String
    let sha256: String
    let job: String?
    let isOriginal: Bool

    /// Nil where no sidecar that can be read stands beside the file.
    init?(for path: String) {
        let whole = Invocation.absolute(path)
        let file = Files.name(of: whole)
        let folder = Files.parent(of: whole)
        if let found = Witness(folder, file + ".json", "output", file) {
            self = found
            return
        }
        // JOB-1.original.png stands in the sidecar of JOB-1.EXT.
        guard let cut = file.firstRange(of: ".original.") else { return nil }
        let start = file[..<cut.lowerBound] + "."
        let beside = ((try? Folders.list(folder))?.entries ?? []).map(\.name)
        for name in beside where name.hasPrefix(start) && name.hasSuffix(".json") {
            if let found = Witness(folder, name, "original", file) {
                self = found
                return
            }
        }
        return nil
    }

    private init?(_ folder: String, _ name: String, _ member: String, _ file: String) {
        guard let bytes = (try? Files.read(folder + "/" + name, limit: Self.limit)) ?? nil,
            let document = try? JSONParser.parse(bytes), document["schema"]?.string == Sidecar.schema,
            let said = document[member], let sha256 = said["sha256"]?.string
        else { return nil }
        if member == "original", said["file"]?.string != file { return nil }
        self.name = name
        self.sha256 = sha256
        job = document["job"]?.string
        isOriginal = member == "original"
    }
}

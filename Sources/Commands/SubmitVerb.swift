import Daemon
import Digests
import Disk
import Documents
import Domain
import Settings
import Spool
import Workers

extension Program {
    static let submitVerb = Verb(
        name: "submit", summary: "hands a job over and prints its id",
        options: [
            Option("--prompt", "TEXT", "what to draw"),
            Option("--prompt-file", "FILE", "what to draw, from a file (- is standard input)"),
            Option("--reference", "FILE", "a reference picture", repeats: true),
            Option("--mask", "FILE", "what to repaint of the first reference: transparent or white"),
            Option("--model", "ROUTE", "a route of the configuration"),
            Option("--aspect-ratio", "A:B", "shape of the model's picture"),
            Option("--model-size", "WxH", "size of the model's picture"),
            Option("--model-quality", "WORD", "the model's quality"), Option("--count", "N", "outputs, 1 to 10"),
            Option("--param", "K=V", "a field of the provider's own", repeats: true),
            Option(
                "--size", "SIZE", "output: 4k, uhd, dci, 8k, WxH, long=N, native",
                choices: ["4k", "uhd", "dci", "8k", "native"]),
            Option("--fit", "FIT", "output: inside, cover, pad", choices: Fit.allCases.map(\.rawValue)),
            Option(
                "--format", "FORMAT", "output: png, jpeg, webp, avif, jxl",
                choices: PictureFormat.allCases.map(\.rawValue)),
            Option("--quality", "N", "output: 1 to 100, for every format but PNG"),
            Option("--upscale", "MODE", "output: plain, enhanced", choices: UpscaleMode.allCases.map(\.rawValue)),
            Option("--subject", "ID", "whose data this is, a pseudonym"),
            Option("--id", "ID", "the job's id"), Option("--max-cost", "DOLLARS", "refused if it may cost more"),
            Option("--wait", nil, "wait until the job has settled"),
            Option("--dry-run", nil, "show model, sizes, what would be removed and the price; send nothing"), .json,
        ],
        examples: [
            "darkroom submit --prompt \"a lighthouse at dusk\" --aspect-ratio 16:9",
            "darkroom submit --prompt \"make it winter\" --reference house.jpg --wait",
        ]
    ) { invocation throws(CommandError) in
        let configuration = try invocation.configuration()
        let submission = try Submission(invocation)
        if invocation.has("--dry-run") { return try await DryRun(invocation, configuration, submission).run() }
        let waiting = Waiting(invocation, configuration)
        let spool = waiting.spool
        let repeated = invocation.has("--id") ? await waiting.repetition(of: submission.id) : nil
        do throws(DiskError) {
            if !Files.exists(spool.inbox) { try spool.prepare(group: configuration.spoolGroup?.number) }
            try submission.drop(into: spool)
        } catch {
            throw submission.refused(by: spool, error)
        }
        if repeated != nil {
            Console.remark(
                "the id \(submission.id) is taken: this hand-over settles under \(submission.id)-XXXXXXXX")
        }
        if !invocation.has("--wait") {
            if invocation.wantsJSON {
                Console.print(.fields(["schema": "darkroom.submit/1", "job": .string(submission.id)]))
            } else {
                Console.print(submission.id + "\n")
            }
            return ExitCode.fine.rawValue
        }
        let job = if let repeated { try await waiting.job(of: repeated) } else { submission.id }
        return try await waiting.wait(for: [job], areNew: true)
    }
}

/// A job as it will be handed over: its manifest and the files that go with it.
struct Submission {
    let id: String
    let manifest: JSONValue
    let spec: JobSpec
    /// Paths of the references, in order.
    let references: [String]
    /// Path of the mask.
    let mask: String?
    /// All of these, and the plain names they get.
    let files: [(path: String, name: String)]

    init(_ invocation: Invocation) throws(CommandError) {
        let prompt = try Self.prompt(invocation)
        id = invocation.value("--id") ?? "job-" + JobName.suffix(from: randomBytes(5))
        references = invocation.all("--reference")
        mask = invocation.value("--mask")
        var files = references.enumerated().map { index, path in
            (path: path, name: "reference-\(index + 1)" + Self.suffix(path))
        }
        let names = files.map(\.name)
        if let mask { files.append((mask, "mask" + Self.suffix(mask))) }
        for file in files where !Self.isReadable(file.path) {
            throw CommandError(.inputOutput, "\(file.path): no such file, or no right to read it")
        }
        self.files = files
        manifest = .fields([
            "prompt": .string(prompt), "id": .string(id),
            "references": names.isEmpty ? nil : .array(names.map { .string($0) }),
            "mask": mask == nil ? nil : files.last.map { .string($0.name) },
            "model": .text(invocation.value("--model")), "aspect_ratio": .text(invocation.value("--aspect-ratio")),
            "size": .text(invocation.value("--model-size")), "quality": .text(invocation.value("--model-quality")),
            "count": try Self.number(invocation, "--count"), "parameters": try Self.parameters(invocation),
            "output": try Self.output(invocation), "subject": .text(invocation.value("--subject")),
            "max_cost": try Self.number(invocation, "--max-cost"),
        ])
        do throws(Reason) {
            spec = try Manifest.read(Array(manifest.compact.utf8)).spec
        } catch {
            throw CommandError(.data, error.description, hint: error.hint)
        }
    }

    /// Writes everything under a name that is ignored, then renames it: the hand-over contract's folder form.
    func drop(into spool: SpoolFolders) throws(DiskError) {
        let beside = spool.inbox + "/.submit-" + hexadecimal(randomBytes(6))
        do throws(DiskError) {
            // Whoever else hands over, the daemon may be another user of the inbox's group.
            try Folders.make(beside)
            try Folders.setMode(beside, 0o2770)
            for file in files {
                guard let bytes = try Files.read(Files.absolute(file.path) ?? file.path, limit: 1 << 30) else {
                    throw DiskError("read a file of more than 1 GiB", code: 27)
                }
                try Files.writeDurably(bytes, to: beside + "/" + file.name, mode: 0o640)
            }
            try Files.writeDurably(Array(manifest.pretty.utf8), to: beside + "/job.json", mode: 0o640)
            try Files.renameToFree(beside, to: spool.inbox + "/" + id)
            try Folders.sync(spool.inbox)
        } catch {
            try? Folders.removeTree(beside)
            throw error
        }
    }

    /// Why the drop could not be made, and what to do.
    func refused(by spool: SpoolFolders, _ error: DiskError) -> CommandError {
        if error.isTaken {
            return CommandError(
                .tryLater, "\(spool.inbox): a hand-over under the id \(id) lies there and is not taken yet",
                hint: "choose another --id, or submit again when it is taken")
        }
        return CommandError(
            .inputOutput, "\(spool.inbox): \(error)",
            hint: error.isFull
                ? "make room on its file system, and submit again; nothing was handed over"
                : "name the spool with --spool, or check its rights")
    }

    // MARK: options to fields

    private static func prompt(_ invocation: Invocation) throws(CommandError) -> String {
        switch (invocation.value("--prompt"), invocation.value("--prompt-file")) {
        case (let text?, nil): return text
        case (nil, let path?):
            let bytes = try PictureFiles.read(path, limit: 1 << 20)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw CommandError(.data, "\(path) is not UTF-8 text")
            }
            var trimmed = text[...]
            while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
            return String(trimmed)
        case (_?, _?): throw CommandError(.usage, "give --prompt or --prompt-file, not both")
        case (nil, nil): throw CommandError(.usage, "a prompt is missing", hint: "--prompt TEXT or --prompt-file FILE")
        }
    }

    private static func output(_ invocation: Invocation) throws(CommandError) -> JSONValue? {
        let fields = JSONValue.fields([
            "size": .text(invocation.value("--size")), "fit": .text(invocation.value("--fit")),
            "format": .text(invocation.value("--format")), "quality": try number(invocation, "--quality"),
            "upscale": .text(invocation.value("--upscale")),
        ])
        return fields.members?.isEmpty == true ? nil : fields
    }

    private static func parameters(_ invocation: Invocation) throws(CommandError) -> JSONValue? {
        var members: [JSONValue.Member] = []
        for text in invocation.all("--param") {
            guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
                throw CommandError(.usage, "--param takes K=V")
            }
            let value = String(text[text.index(after: sign)...])
            members.append(
                .init(key: String(text[..<sign]), value: (try? JSONParser.parse(value)) ?? .string(value)))
        }
        return members.isEmpty ? nil : .object(members)
    }

    private static func number(_ invocation: Invocation, _ option: String) throws(CommandError) -> JSONValue? {
        guard let text = invocation.value(option) else { return nil }
        guard case .number(let literal)? = try? JSONParser.parse(text) else {
            throw CommandError(.usage, "\(option) takes a number")
        }
        return .number(literal)
    }

    /// A short plain suffix of a path, for people who look into the inbox; content alone decides.
    private static func suffix(_ path: String) -> String {
        let name = Files.name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        let suffix = name[dot...].lowercased()
        return suffix.count <= 5 && suffix.dropFirst().allSatisfy { $0.isASCII && $0.isLetter } ? suffix : ""
    }

    private static func isReadable(_ path: String) -> Bool {
        Files.absolute(path).flatMap { try? Descriptor.reading($0).info().kind } == .file
    }
}

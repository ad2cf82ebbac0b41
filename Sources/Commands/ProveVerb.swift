import Daemon
import Disk
import Documents
import Domain
import Journal
import Residue
import Spool

extension Program {
    static let proveVerb = Verb(
        name: "prove", summary: "looks for markers that should be gone, in every byte of the spool",
        arguments: "[MARKER]…", words: 0...100,
        options: [
            Option("--markers", "FILE", "markers, one a line: they stand in no list of processes then"),
            Option("--also", "PATH", "look there too: logs, folders for temporary files", repeats: true),
            .json,
        ],
        examples: [
            "darkroom prove canary-7f3a91c2",
            "darkroom prove --markers markers.txt --also /var/log/darkroom.log --json",
        ]
    ) { invocation throws(CommandError) in
        let markers = try Program.markers(invocation)
        let stores = try invocation.stores(try invocation.configuration())
        let places = [stores.spool.root] + invocation.all("--also").map { Invocation.absolute($0) }
        for place in places where !Files.exists(place) {
            throw CommandError(.inputOutput, "\(place): there is no such file")
        }
        let report = await BlockingLane.disk.run { ResidueSearch(for: markers).run(over: places) }
        await stores.recorder.record(
            "residue.searched", nil,
            [
                "markers": String(markers.count), "files": String(report.files), "bytes": String(report.bytes),
                "hits": String(report.hitCount), "unreadable": String(report.unreadable.count),
            ])
        if invocation.wantsJSON {
            Console.print(Program.document(report, markers.count))
        } else {
            Console.print(Program.text(report, markers.count))
        }
        return (report.hitCount == 0 && report.unreadable.isEmpty ? ExitCode.fine : .notAllWell).rawValue
    }

    private static func markers(_ invocation: Invocation) throws(CommandError) -> [String] {
        var markers = invocation.words
        if let path = invocation.value("--markers") {
            let bytes: [UInt8]?
            do throws(DiskError) {
                bytes = try Files.read(Files.absolute(path) ?? path, limit: 1 << 20)
            } catch {
                throw CommandError(.inputOutput, "\(path): \(error)")
            }
            let text = String(decoding: bytes ?? [], as: UTF8.self)
            markers += text.split(whereSeparator: \.isNewline).map(String.init)
        }
        guard !markers.isEmpty else {
            throw CommandError(
                .usage, "prove needs a marker: a text that stood in a prompt, a file's name or its metadata",
                hint: "give jobs a random word, let them settle and their time pass, then look for it")
        }
        guard markers.count <= 1000 else { throw CommandError(.usage, "prove looks for 1000 markers at most") }
        for marker in markers where Spelling.all(of: marker).isEmpty {
            throw CommandError(
                .usage, "a marker has \(Spelling.shortest) to \(Spelling.longest) bytes: shorter ones turn up by chance"
            )
        }
        return markers
    }

    private static func document(_ report: ResidueReport, _ markers: Int) -> JSONValue {
        .fields([
            "schema": "darkroom.prove/1", "markers": .integer(markers), "files": .integer(report.files),
            "bytes": .integer(report.bytes), "hit_count": .integer(report.hitCount),
            "hits": .array(
                report.hits.map { hit in
                    .fields([
                        "marker": .integer(hit.marker), "encoding": .string(hit.encoding.rawValue),
                        "path": .string(hit.path), "offset": hit.offset.map { .integer($0) },
                    ])
                }),
            "unreadable": .array(report.unreadable.map { .string($0) }),
        ])
    }

    private static func text(_ report: ResidueReport, _ markers: Int) -> String {
        var lines = report.hits.map { hit in
            "marker \(hit.marker) as \(hit.encoding.rawValue): \(hit.path)"
                + (hit.offset.map { " at byte \($0)" } ?? ", in its name")
        }
        lines += report.unreadable.map { "could not be read: \($0)" }
        lines.append(
            "\(markers) markers, \(report.files) files, \(report.bytes) bytes: "
                + (report.hitCount == 0 ? "nothing found" : "found \(report.hitCount) times"))
        return lines.joined(separator: "\n") + "\n"
    }
}

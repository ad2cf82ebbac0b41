import Daemon
import Disk
import Documents
import Domain
import Imaging
import Settings
import Sheets
import Workers

extension Program {
    static let contactSheetVerb = Verb(
        name: "contact-sheet",
        summary: "outputs on labelled sheets, to look through: of jobs, of a batch, or the newest ones",
        arguments: "[JOB…]", words: 0...10_000,
        options: [
            Option("--output", "FILE", "where to write; .jpg, .png, .webp or .html; - is standard output"),
            Option(
                "--format", "FORMAT", "jpeg, png, webp, html (else by FILE's suffix)",
                choices: ["jpeg", "png", "webp", "html"]),
            Option("--title", "TEXT", "what stands above it"),
        ] + Option.filters() + [.json],
        examples: [
            "darkroom contact-sheet --batch catalogue -o catalogue.html",
            "darkroom contact-sheet lighthouse-7QK2M9XB harbour-0D3K8F1C -o sheet.jpg",
            "darkroom contact-sheet --route openai --since 2h -o lately.png",
            "darkroom contact-sheet -o newest.png    # as many as fit on one sheet",
        ],
        notes: [
            "It shows what lies in done/: outputs that were taken away or deleted are not there. Where a job asked for the "
                + "provider's original (output.original), the model's own picture stands beside the output; references are "
                + "sealed, and are never shown. There is no prompt on it.",
            "More than \(ContactSheet.most(.drawn)) pictures go on more sheets, sheet-2.jpg and so on; an HTML page holds "
                + "\(ContactSheet.most(.page)). Pictures are opened by locked image workers.",
        ]
    ) { invocation throws(CommandError) in
        let sheet = try await ContactSheet(invocation)
        return try await sheet.make()
    }
}

/// One order for contact sheets.
struct ContactSheet {
    enum Kind { case drawn, page }

    /// Most pictures of one sheet.
    static func most(_ kind: Kind) -> Int { kind == .drawn ? 48 : 200 }
    /// Most pictures of one order.
    private static let mostPictures = 5000
    /// Bytes of an output that is read.
    private static let mostBytes = 1 << 30

    private let invocation: Invocation
    private let out: String
    private let kind: Kind
    private let format: PictureFormat
    private let found: OutcomeOutputs

    init(_ invocation: Invocation) async throws(CommandError) {
        self.invocation = invocation
        out = try PictureFiles.out(invocation)
        let name = out.lowercased()
        if invocation.value("--format") == "html"
            || invocation.value("--format") == nil && (name.hasSuffix(".html") || name.hasSuffix(".htm"))
        {
            kind = .page
            format = .jpeg
        } else {
            kind = .drawn
            guard let format = try PictureFiles.format(invocation, out: out, of: [.jpeg, .png, .webp]) else {
                throw CommandError(.usage, "-o FILE ends in .jpg, .png, .webp or .html", hint: "or say --format")
            }
            self.format = format
        }
        found = try await OutcomeOutputs(invocation, most: Self.most(kind))
        guard found.outputs.count <= Self.mostPictures else {
            throw CommandError(
                .usage, "\(found.outputs.count) pictures are more than the \(Self.mostPictures) of one order",
                hint: "name fewer jobs")
        }
    }

    func make() async throws(CommandError) -> Int32 {
        for line in found.remarks { Console.remark(line) }
        guard !found.outputs.isEmpty else {
            throw CommandError(
                .notAllWell, "there is no output to show", hint: "outputs lie in done/ until they are taken away")
        }
        let pages = self.pages
        if out == "-", pages.count > 1 {
            throw CommandError(
                .usage, "\(found.outputs.count) pictures take \(pages.count) sheets, and standard output takes one",
                hint: "-o FILE")
        }
        let settings = try invocation.configuration().workers
        let pool = WorkerPool(
            executable: "/proc/self/exe", count: Machine.cores, timeout: settings.timeout.duration,
            sandbox: settings.sandbox)
        let written: [String]
        do throws(CommandError) {
            written = try await write(pages, with: pool)
            await pool.shutDown()
        } catch {
            await pool.shutDown()
            throw error
        }
        if out != "-" { say(written) }
        return (found.isWhole ? ExitCode.fine : .notAllWell).rawValue
    }

    private func say(_ written: [String]) {
        guard invocation.wantsJSON else { return Console.print(written.map { $0 + "\n" }.joined()) }
        Console.print(
            .fields([
                "schema": "darkroom.contact-sheet/1", "pictures": .integer(found.outputs.count),
                "files": .array(written.map { .string($0) }),
            ]))
    }

    /// Outputs a sheet; an output and the model's own picture of it count as two, and stay together.
    private var pages: [[FoundOutput]] {
        var pages: [[FoundOutput]] = []
        var room = 0
        for output in found.outputs {
            let places = output.original == nil ? 1 : 2
            if places > room {
                pages.append([])
                room = Self.most(kind)
            }
            pages[pages.count - 1].append(output)
            room -= places
        }
        return pages
    }

    private func write(_ pages: [[FoundOutput]], with pool: WorkerPool) async throws(CommandError) -> [String] {
        var written: [String] = []
        for (number, outputs) in pages.enumerated() {
            let sheet = Sheet(
                title: title, subtitle: subtitle(outputs.count, page: number + 1, of: pages.count),
                tiles: await tiles(outputs, pool))
            let path = number == 0 ? out : path(ofPage: number + 1)
            try PictureFiles.write(try await encoded(sheet, pool), to: path)
            written.append(path)
        }
        return written
    }

    private func encoded(_ sheet: Sheet, _ pool: WorkerPool) async throws(CommandError) -> [UInt8] {
        guard kind == .drawn else { return Array(sheet.page().utf8) }
        let png: [UInt8]
        do throws(ImagingError) { png = try sheet.drawn().png() } catch {
            throw CommandError(.unavailable, "the sheet could not be made: \(error.description)")
        }
        guard format != .png else { return png }
        let order = RenderOrder(
            size: .native, fit: .inside, format: format, quality: 88, limits: PictureLimits(bytes: Self.mostBytes))
        do throws(WorkerError) { return try await pool.render(png, as: order).bytes } catch {
            throw CommandError(.unavailable, "the sheet could not be made: \(error)")
        }
    }

    // MARK: words

    private var title: String {
        if let title = invocation.value("--title") { return title }
        if let batch = invocation.value("--batch") { return batch }
        if invocation.words.count == 1 { return invocation.words[0] }
        return invocation.words.isEmpty ? "Newest outputs" : "Contact sheet"
    }

    private func subtitle(_ count: Int, page: Int, of pages: Int) -> String {
        let pictures = count == 1 ? "1 picture" : "\(count) pictures"
        let day = String(SystemClock().wall().description.prefix(10))
        return "\(pictures) · \(day)" + (pages > 1 ? " · sheet \(page) of \(pages)" : "")
    }

    private func path(ofPage page: Int) -> String {
        guard let dot = out.lastIndex(of: "."), !out[dot...].contains("/") else { return "\(out)-\(page)" }
        return "\(out[..<dot])-\(page)\(out[dot...])"
    }

    // MARK: pictures

    /// Two pictures are worked on while two are read.
    private func tiles(_ outputs: [FoundOutput], _ pool: WorkerPool) async -> [Sheet.Tile] {
        var tiles: [Int: Sheet.Tile] = [:]
        await withTaskGroup(of: (Int, Sheet.Tile).self) { group in
            for (number, output) in outputs.enumerated() {
                if number >= 2 * pool.count, let (place, tile) = await group.next() { tiles[place] = tile }
                group.addTask { (number, await self.tile(output, pool)) }
            }
            for await (place, tile) in group { tiles[place] = tile }
        }
        return outputs.indices.compactMap { tiles[$0] }
    }

    private func tile(_ output: FoundOutput, _ pool: WorkerPool) async -> Sheet.Tile {
        var faces: [Sheet.Face] = []
        if let original = output.original {
            faces.append(Sheet.Face(await body(original.path, pool), caption: "as made, \(Self.words(original.size))"))
        }
        let caption = output.original == nil ? "" : "delivered, \(Self.words(output.picture.size))"
        faces.append(Sheet.Face(await body(output.picture.path, pool), caption: caption))
        let facts = output.original == nil ? "\(Self.words(output.picture.size)) · \(output.model)" : output.model
        return Sheet.Tile(
            title: output.title, facts: facts, isSimulated: output.isSimulated, faces: faces)
    }

    private static func words(_ size: PixelSize) -> String { "\(size.width) × \(size.height)" }

    private func body(_ path: String, _ pool: WorkerPool) async -> Sheet.Face.Body {
        let bytes: [UInt8]?
        do throws(DiskError) { bytes = try Files.read(path, limit: Self.mostBytes) } catch {
            return .absent("cannot be read: \(error)")
        }
        guard let bytes else { return .absent("too large to be shown") }
        // Delivered by us, but whoever may write to done/ may have put something else there.
        let limits = PictureLimits(bytes: Self.mostBytes, pixels: 300_000_000, accepted: PictureLimits.standard)
        do throws(WorkerError) {
            if kind == .drawn {
                return .pixels(try await pool.thumbnail(bytes, as: ThumbnailOrder(maxEdge: Sheet.edge, limits: limits)))
            }
            let order = RenderOrder(
                size: .long(Sheet.pageEdge), fit: .inside, format: .jpeg, quality: 82, limits: limits)
            let made = try await pool.render(bytes, as: order)
            return .jpeg(made.bytes, made.size)
        } catch {
            return .absent(Self.words(error))
        }
    }

    private static func words(_ error: WorkerError) -> String {
        switch error {
        case .unsupportedContent: "this format is not shown here"
        case .timedOut: "no time on this machine: see workers.timeout"
        case .refusedToStart, .noResources, .stopped: "no image worker to open it"
        default: "cannot be opened"
        }
    }
}

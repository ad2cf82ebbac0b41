import Daemon
import Digests
import Documents
import Domain
import Imaging
import Inspection
import Pipeline
import Settings
import Workers

extension Program {
    private static let outOption = Option("--output", "OUT", "where to write; - is standard output")

    static let normalizeVerb = Verb(
        name: "normalize", summary: "one reference, cleaned by the code and worker that the daemon uses",
        arguments: "IN", words: 1...1,
        options: [
            outOption, Option("--max-edge", "N", "longest side in pixels (2048)"),
            Option(
                "--format", "FORMAT", "png, jpeg, webp (else by OUT's suffix)", choices: ["png", "jpeg", "webp"]),
            .json,
        ], examples: ["darkroom normalize photo.jpg -o clean.jpg", "darkroom normalize - -o - < photo.jpg > clean.jpg"]
    ) { invocation throws(CommandError) in
        let limits = try invocation.configuration().pictureLimits
        let path = invocation.words[0]
        let out = try PictureFiles.out(invocation)
        let order = NormalizeOrder(
            maxEdge: try PictureFiles.number(invocation, "--max-edge", 16...16_384, default: 2048),
            maxBytes: limits.bytes, format: try PictureFiles.format(invocation, out: out, of: [.png, .jpeg, .webp]),
            limits: limits)
        let input = try PictureFiles.read(path, limit: limits.bytes)
        let clean = try await withWorker(invocation, path) { pool throws(WorkerError) in
            try await pool.normalize(input, as: order)
        }
        let violations = (try? inspect(clean.bytes))?.violations(through: .reference)
        guard let violations, violations.isEmpty else {
            throw CommandError(.notAllWell, "the result did not pass our own check, so nothing was written")
        }
        try PictureFiles.write(clean.bytes, to: out)
        let report = normalizeReport(input, clean).pretty
        if out == "-" { Console.remark(String(report.dropLast())) } else { Console.print(report) }
        return ExitCode.fine.rawValue
    }

    static let upscaleVerb = Verb(
        name: "upscale", summary: "one picture through the code that makes outputs",
        arguments: "IN", words: 1...1,
        options: [
            outOption,
            Option(
                "--size", "SIZE", "4k (default), uhd, dci, 8k, WxH, long=N, native",
                choices: ["4k", "uhd", "dci", "8k", "native"]),
            Option("--fit", "FIT", "inside (default), cover, pad", choices: Fit.allCases.map(\.rawValue)),
            Option(
                "--format", "FORMAT", "png, jpeg, webp, avif, jxl (else by OUT's suffix, else png)",
                choices: PictureFormat.allCases.map(\.rawValue)),
            Option("--quality", "N", "1 to 100 (90), for every format but PNG"),
            Option(
                "--upscale", "MODE", "plain, enhanced (else as configured)",
                choices: UpscaleMode.allCases.map(\.rawValue)), .json,
        ],
        examples: ["darkroom upscale draft.png -o wall.png", "darkroom upscale a.png -o a.jpg --size uhd --fit cover"]
    ) { invocation throws(CommandError) in
        let path = invocation.words[0]
        let out = try PictureFiles.out(invocation)
        let order = try renderOrder(invocation, out)
        let input = try PictureFiles.read(path, limit: order.limits.bytes)
        let picture = try await withWorker(invocation, path) { pool throws(WorkerError) in
            try await pool.render(input, as: order)
        }
        try PictureFiles.write(picture.bytes, to: out)
        let report = JSONValue.fields([
            "schema": "darkroom.upscale/1",
            "native": .fields([
                "width": .integer(picture.native.width), "height": .integer(picture.native.height),
                "format": .string(picture.nativeFormat.rawValue),
            ]),
            "output": .fields([
                "width": .integer(picture.size.width), "height": .integer(picture.size.height),
                "format": .string(order.format.rawValue), "bytes": .integer(picture.bytes.count),
                "sha256": .string(hexadecimal(SHA256Digest.of(picture.bytes))),
            ]),
            "upscale": .fields([
                "method": picture.scaled == picture.native ? "none" : .string(picture.upscale.rawValue)
            ]),
        ])
        if invocation.wantsJSON, out != "-" {
            Console.print(report)
        } else {
            Console.remark(
                "\(picture.native) \(picture.nativeFormat.rawValue) -> \(picture.size) \(order.format.rawValue)")
        }
        return ExitCode.fine.rawValue
    }

    static let inspectVerb = Verb(
        name: "inspect", summary: "what metadata, marks and trailing data a file carries",
        arguments: "FILE…", words: 1...10_000, options: [.json], examples: ["darkroom inspect photo.jpg"]
    ) { invocation throws(CommandError) in
        var isClean = true
        var documents: [JSONValue] = []
        for path in invocation.words {
            let bytes = try PictureFiles.read(path, limit: 1 << 30)
            guard let report = try? inspect(bytes, sumsPixels: true) else {
                throw CommandError(.data, "\(path): not a picture in a format that can be inspected")
            }
            let violations = report.violations(through: .reference)
            if !violations.isEmpty { isClean = false }
            documents.append(inspectReport(path, report, isClean: violations.isEmpty))
            if !invocation.wantsJSON { Console.print(inspectText(path, report, violations)) }
        }
        if invocation.wantsJSON {
            Console.print(.fields(["schema": "darkroom.inspect/1", "files": .array(documents)]))
        }
        return (isClean ? ExitCode.fine : .notAllWell).rawValue
    }

    // MARK: orders and reports

    private static func renderOrder(_ invocation: Invocation, _ out: String) throws(CommandError) -> RenderOrder {
        let configuration = try invocation.configuration()
        let upscale = invocation.value("--upscale") ?? configuration.output.upscale.rawValue
        guard let upscale = UpscaleMode(rawValue: upscale) else {
            throw CommandError(.usage, "--upscale is plain or enhanced")
        }
        guard let size = OutputSize(invocation.value("--size") ?? "4k") else {
            throw CommandError(.usage, "--size is 4k, uhd, dci, 8k, WxH, long=N or native")
        }
        guard let fit = Fit(rawValue: invocation.value("--fit") ?? "inside") else {
            throw CommandError(.usage, "--fit is inside, cover or pad")
        }
        return RenderOrder(
            size: size, fit: fit, format: try PictureFiles.format(invocation, out: out) ?? .png,
            quality: try PictureFiles.number(invocation, "--quality", 1...100, default: 90), upscale: upscale,
            png: configuration.output.png, threads: Machine.cores, limits: configuration.pictureLimits)
    }

    private static func withWorker<Result>(
        _ invocation: Invocation, _ path: String, _ work: (WorkerPool) async throws(WorkerError) -> Result
    ) async throws(CommandError) -> Result {
        let settings = try invocation.configuration().workers
        let pool = WorkerPool(
            executable: "/proc/self/exe", count: 1, timeout: settings.timeout.duration, sandbox: settings.sandbox,
            triesLightFirst: true)
        do throws(WorkerError) {
            let result = try await work(pool)
            await pool.shutDown()
            return result
        } catch {
            await pool.shutDown()
            let reason = error.reason(field: path)
            let isOurs = reason.code == .internalFault || reason.code == .workerTimeout
            var message = "\(path): \(reason.message)"
            if let limit = reason.limit { message += "; limit \(limit)" }
            if let value = reason.value { message += ", value \(value)" }
            throw CommandError(isOurs ? .unavailable : .data, message, hint: reason.hint)
        }
    }

    private static func normalizeReport(_ input: [UInt8], _ clean: NormalizedPicture) -> JSONValue {
        let kinds = ((try? inspect(input))?.kinds ?? []).map { JSONValue.string($0.rawValue) }
        return .fields([
            "schema": "darkroom.normalize/1",
            "input": .fields([
                "format": .string(clean.sourceFormat.rawValue), "width": .integer(clean.sourceSize.width),
                "height": .integer(clean.sourceSize.height), "bytes": .integer(input.count),
                "orientation": .integer(clean.sourceOrientation), "frames": .integer(clean.sourcePages),
                "profile": .bool(clean.hadProfile), "alpha": .bool(clean.hadAlpha),
            ]),
            "output": .fields([
                "format": .string(clean.format.rawValue), "width": .integer(clean.size.width),
                "height": .integer(clean.size.height), "bytes": .integer(clean.bytes.count),
                "sha256": .string(hexadecimal(SHA256Digest.of(clean.bytes))),
            ]),
            "path": .string(clean.path.rawValue), "removed": .array(kinds),
        ])
    }

    private static func inspectReport(_ path: String, _ report: PictureReport, isClean: Bool) -> JSONValue {
        .fields([
            "file": .string(path), "container": .string(report.container.rawValue),
            "width": report.width.map { .integer($0) }, "height": report.height.map { .integer($0) },
            "orientation": .integer(report.orientation), "frames": .integer(report.frames),
            "alpha": .bool(report.hasAlpha), "damage": .text(report.damage), "clean": .bool(isClean),
            "findings": .array(
                report.findings.map { finding in
                    .fields([
                        "kind": .string(finding.kind.rawValue), "label": .string(finding.label),
                        "offset": .integer(finding.offset), "length": .integer(finding.length),
                    ])
                }),
        ])
    }

    private static func inspectText(_ path: String, _ report: PictureReport, _ violations: [Violation]) -> String {
        let size = report.width.flatMap { width in report.height.map { "\(width)x\($0)" } } ?? "unknown size"
        var text = "\(path): \(report.container.rawValue), \(size), "
        let isOutput = report.violations(through: .output(allowingXMP: 1)).isEmpty
        text += violations.isEmpty ? "clean\n" : isOutput ? "marked by one XMP packet, else clean\n" : "not clean\n"
        if let damage = report.damage { text += "  damaged: \(damage)\n" }
        text += Console.table(
            report.findings.map { ["  " + $0.kind.rawValue, $0.label, "\($0.length) bytes at \($0.offset)"] })
        return text
    }
}

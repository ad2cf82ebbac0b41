import Documents
import Schemas
import Settings

extension Program {
    static let configVerb = Verb(
        name: "config", summary: "checks, shows or writes configuration; JSON Schemas",
        arguments: "check|show|default|schema NAME", words: 1...2, choices: ["check", "show", "default", "schema"],
        options: [.json],
        examples: [
            "darkroom config default > darkroom.json5", "darkroom config check --config darkroom.json5",
            "darkroom config schema job",
        ]
    ) { invocation throws(CommandError) in
        let words = invocation.words
        if words[0] != "schema", words.count > 1 {
            throw CommandError(.usage, "config \(words[0]) takes no more words")
        }
        switch words[0] {
        case "check":
            let configuration = try invocation.configuration()
            let list = DenyList(configuration)?.fault().map { "abuse.deny_list: \($0)" }
            let faults = (TemplateFolder(configuration)?.faults() ?? []) + [list].compactMap { $0 }
            guard faults.isEmpty else { throw CommandError(.configuration, faults.joined(separator: "\n")) }
            warn(of: configuration)
            let ended = endedRoutes(configuration)
            for line in ended { Console.remark("error: \(line)") }
            let path = invocation.configurationPath()
            if invocation.wantsJSON {
                Console.print(
                    .fields([
                        "schema": "darkroom.config-check/1", "file": .text(path), "valid": true,
                        "ended": .array(ended.map { .string($0) }),
                    ]))
            } else {
                let verdict = ended.isEmpty ? "all well" : "valid, and \(ended.count) of its routes cannot work"
                Console.print((path.map { "\($0): " } ?? "no configuration file: built-in values, ") + verdict + "\n")
            }
            if !ended.isEmpty { return ExitCode.notAllWell.rawValue }
        case "show": Console.print(try invocation.configuration().document)
        case "default": Console.print(Configuration.commentedDefault)
        case "schema": try printSchema(words.dropFirst().first)
        default:
            let known = ["check", "show", "default", "schema"]
            let nearest = NearestName.of(words[0], among: known)
            throw CommandError(
                .usage, "config knows \(known.joined(separator: ", "))", hint: nearest.map { "did you mean \($0)?" })
        }
        return ExitCode.fine.rawValue
    }

    /// Routes whose model family its provider has ended: they are paused, and the others work.
    private static func endedRoutes(_ configuration: Configuration) -> [String] {
        configuration.routes.values.sorted { $0.name < $1.name }.compactMap { route in
            route.retirement.map { "models.\(route.name): \(route.family): \($0.sentence); \($0.remedy)" }
        }
    }

    /// What is no fault of the file, but will keep jobs from being sent from here.
    private static func warn(of configuration: Configuration) {
        for route in configuration.routes.values.sorted(by: { $0.name < $1.name }) {
            if route.endpoint?.contains("RESOURCE") == true {
                Console.remark(
                    "warning: models.\(route.name).endpoint: RESOURCE stands for the name of your own resource")
            }
            do throws(ConfigurationError) {
                _ = try route.key?.read()
            } catch {
                Console.remark("warning: models.\(route.name).key: \(error.faults.joined(separator: "; "))")
            }
        }
    }

    private static func printSchema(_ name: String?) throws(CommandError) {
        let known = PublicSchema.allCases.map(\.rawValue)
        guard let schema = name.flatMap(PublicSchema.init(rawValue:)) else {
            let nearest = name.flatMap { NearestName.of($0, among: known) }
            throw CommandError(
                .usage, "config schema takes one of \(known.joined(separator: ", "))",
                hint: nearest.map { "did you mean \($0)?" })
        }
        Console.print(schema.document.pretty)
    }
}

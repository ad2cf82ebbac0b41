import Foundation
import Simulator
import Support
import Testing

/// What README and guides show in blocks of code is what the program takes.
///
/// A `json5` block names its file in its first line: `darkroom.json5` for a configuration, or for members of one; `NAME@VERSION.json5` for
/// a template; `faults.json5` for a fault script; any other name for a policy. A `json` block is a job. In `sh` blocks, and in words between backticks, each `darkroom …`
/// names a verb and options that there are.
@Suite struct ExampleTests {
    @Test func `every configuration, policy and template on the pages is one that is taken`() async throws {
        let blocks = try Page.all().flatMap { $0.blocks("json5") }
        #expect(blocks.count > 20)
        for block in blocks { #expect(try await Examples.faults(ofSettings: block) == [], "\(block)") }
    }

    @Test func `every job on the pages is made`() async throws {
        let blocks = try Page.all().flatMap { $0.blocks("json") }
        #expect(blocks.count >= 2)
        for block in blocks { #expect(try await Examples.faults(ofJob: block) == [], "\(block)") }
    }

    @Test func `every command on the pages names a verb and options that there are`() async throws {
        // What the daemon alone starts is no verb for people.
        let commands = Set(try Page.all().flatMap { $0.commands }).subtracting(["darkroom worker"])
        #expect(commands.count > 80)
        for command in commands.sorted() {
            #expect(try await Examples.faults(ofCommand: command) == [], "\(command)")
        }
    }

    @Test func `every page is listed, and every link leads somewhere`() throws {
        let pages = try Page.all()
        let names = Set(pages.map(\.name))
        let listed = try #require(pages.first { $0.name == "Daemon" }).text
        for name in names.subtracting(["Daemon", "README"]) {
            #expect(listed.contains("- <doc:\(name)>"), "\(name) is not listed in Daemon.md")
        }
        for page in pages {
            for link in page.text.matches(of: /<doc:([A-Za-z0-9-]+)>/) {
                #expect(names.contains(String(link.1)), "\(page.name): \(link.0)")
            }
            for link in page.text.matches(of: /\]\(([A-Za-z][^):#]*)[^)]*\)/) where page.name == "README" {
                #expect(FileManager.default.fileExists(atPath: Page.top + "/" + link.1), "\(link.1)")
            }
        }
    }

    @Test(
        arguments: [
            "// darkroom.json5\nmodels: { a: { provider: 'openai', model: 'gpt-image-2', kee: { env: 'K' } } },\n",
            "// darkroom.json5\n{ modells: { a: { provider: 'simulator' } } }\n",
            "// shop.json5\n{ id: 'shop', input: '1h' }\n",
            "// faults.json5\n[ { answer: { refuse: 'overload' } } ]\n",
            "// poster@3.json5\n{ text: 'A {{style}' , variable: {} }\n",
            "{ models: { a: { provider: 'simulator' } } }\n",
        ])
    func `a block that is wrong is found`(text: String) async throws {
        #expect(try await Examples.faults(ofSettings: Page.Block(page: "a page", text: text)) != [])
    }

    @Test(
        arguments: [
            "darkroom sumbit --prompt x", "darkroom submit --promt x", "darkroom subject forget user-42",
            "darkroom submit --fit",
        ])
    func `a command that is wrong is found`(command: String) async throws {
        #expect(try await Examples.faults(ofCommand: command) != [])
    }

    @Test func `a job that is wrong is found`() async throws {
        let wrong = Page.Block(page: "a page", text: #"{ "prompt": "x", "colour": "red" }"#)
        #expect(try await Examples.faults(ofJob: wrong) != [])
    }
}

/// One page for people, and what stands on it in code.
struct Page {
    struct Block: CustomStringConvertible {
        let page: String
        let text: String

        var description: String { "\(page): \(text)" }
    }

    static let top = URL(fileURLWithPath: Darkroom.samples).deletingLastPathComponent().deletingLastPathComponent().path

    let name: String
    let text: String

    /// The README and every page of the catalog.
    static func all() throws -> [Page] {
        let catalog = "Sources/Daemon/Daemon.docc"
        let files = try FileManager.default.contentsOfDirectory(atPath: top + "/" + catalog).sorted()
        return try (["README.md"] + files.filter { $0.hasSuffix(".md") }.map { catalog + "/" + $0 }).map { file in
            let name = String((file.split(separator: "/").last ?? "").dropLast(3))
            return Page(name: name, text: try String(contentsOfFile: top + "/" + file, encoding: .utf8))
        }
    }

    static func named(_ name: String) throws -> Page { try #require(try all().first { $0.name == name }) }

    /// The blocks in that language.
    func blocks(_ language: String) -> [Block] {
        text.components(separatedBy: "```\(language)\n").dropFirst().map {
            Block(page: name, text: $0.components(separatedBy: "```")[0])
        }
    }

    /// Every `darkroom …` of the shell's blocks, and of words between backticks.
    var commands: [String] {
        let typed = blocks("sh").flatMap { block in
            block.text.replacing("\\\n", with: " ").split(separator: "\n").flatMap { Self.commands(in: String($0)) }
        }
        let named = text.matches(of: /[^`]`(darkroom\s[a-z][^`]*)`/).flatMap {
            Self.commands(in: String($0.1).replacing("\n", with: " "))
        }
        return typed + named
    }

    /// What the shell runs in one line: remarks dropped, parts between `;`, `&`, `|`, `>` and brackets outside of quotes.
    private static func commands(in line: String) -> [String] {
        var parts = [""]
        var quote: Character?
        var last: Character = " "
        for character in line {
            if let open = quote {
                if character == open { quote = nil }
            } else if "'\"".contains(character) {
                quote = character
            } else if character == "#", last == " " {
                break
            } else if ";&>()".contains(character) || character == "|" && last == " " {
                parts.append("")
                last = " "
                continue
            }
            parts[parts.count - 1].append(character)
            last = character
        }
        return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0.hasPrefix("darkroom ") }
    }
}

/// Gives what stands on a page to the program, and says what it finds wrong.
enum Examples {
    static func faults(ofSettings block: Page.Block) async throws -> [String] {
        guard let name = block.text.prefixMatch(of: /\/\/ ([a-z]+(@[0-9]+)?\.json5)\n/)?.1 else {
            return ["its first line does not name its file"]
        }
        if name == "faults.json5" {
            do throws(FaultFileError) {
                _ = try FaultScript(Array(block.text.utf8))
                return []
            } catch {
                return error.faults
            }
        }
        let scratch = try Scratch("example")
        let isConfiguration = name == "darkroom.json5"
        let own = block.text.split(separator: "\n").dropFirst().joined(separator: "\n")
        try FileManager.default.createDirectory(atPath: scratch.file("templates"), withIntermediateDirectories: true)
        let place = isConfiguration ? nil : scratch.file((name.contains("@") ? "templates/" : "") + name)
        if let place { try own.write(toFile: place, atomically: true, encoding: .utf8) }
        try "two words\n".write(toFile: scratch.file("deny.txt"), atomically: true, encoding: .utf8)
        if isConfiguration, own.contains("shop.json5") {
            try "{ id: 'shop' }".write(toFile: scratch.file("shop.json5"), atomically: true, encoding: .utf8)
        }
        var text = "{ models: { a: { provider: 'simulator' } }, templates: '/etc/darkroom/templates'"
        if isConfiguration {
            text = own.hasPrefix("{") ? own : "{\n\(own)\n}"
        } else {
            text += name.contains("@") ? " }" : ", policy: '/etc/darkroom/\(name)' }"
        }
        text = text.replacing("/etc/darkroom/", with: scratch.path + "/")
        // Groups of the machine that the page speaks of.
        text = text.replacing(/group: "[a-z]+"/, with: "group: \(getgid())")
        try text.write(toFile: scratch.file("darkroom.json5"), atomically: true, encoding: .utf8)
        let result = try await Darkroom.run(["config", "check", "--config", scratch.file("darkroom.json5")])
        return result.code == 0 ? [] : [result.err]
    }

    /// Hands the job over, with pictures under the names it has for them.
    static func faults(ofJob block: Page.Block) async throws -> [String] {
        let spool = try TestSpool(
            "example-job",
            config: "{ spool: 'SPOOL', models: { openai: { provider: 'simulator' } }, templates: 'SPOOL/../templates' }"
        )
        let template = try #require(try Page.named("HandingOver").blocks("json5").first)
        try FileManager.default.createDirectory(
            atPath: spool.scratch.file("templates"), withIntermediateDirectories: true)
        try template.text.write(
            toFile: spool.scratch.file("templates/poster@3.json5"), atomically: true, encoding: .utf8)
        let photo = Darkroom.samples + "/dandelion.jpg"
        let mask = spool.scratch.file("mask.png")
        _ = try await Darkroom.run(["normalize", photo, "-o", mask, "--max-edge", "4000"])
        var files: [String: Data] = [:]
        for picture in block.text.matches(of: /"([a-z]+\.(jpg|png))"/) {
            files[String(picture.1)] = FileManager.default.contents(atPath: picture.2 == "png" ? mask : photo)
        }
        try spool.drop("example", manifest: block.text, files: files)
        let result = try await spool.darkroom("drain")
        return result.code == 0 ? [] : [result.out]
    }

    /// Its verb, its options, and its first word where that is one of a few: asked for help about, a command line is read and not run.
    static func faults(ofCommand command: String) async throws -> [String] {
        let words = command.matches(of: /("[^"]*"|'[^']*'|[^\s"'])+/).dropFirst().map {
            String($0.output.0).replacing("\"", with: "")
        }
        // Where an option takes --help for its value, there is no configuration to do anything by.
        let help = try await Darkroom.run(words + ["--help"], environment: ["DARKROOM_CONFIG": "/no such file"])
        guard help.code == 0 else { return [help.err] }
        let usage = help.out.split(separator: "\n").first { $0.hasPrefix("usage: ") } ?? ""
        guard let choice = words.dropFirst().first, choice.first?.isLowercase == true, usage.contains("|") else {
            return []
        }
        let choices = usage.split { !$0.isLowercase }.dropFirst(3)
        return choices.contains(Substring(choice)) ? [] : ["\(words[0]) knows \(choices)"]
    }
}

import Foundation
import Support
import Testing

/// What is stored and made from the table of verbs: the manual page, and completion in real shells.
@Suite struct GeneratedTests {
    static let folder = URL(fileURLWithPath: Darkroom.samples).deletingLastPathComponent().path

    @Test(
        arguments: [
            ("man/darkroom.1", ["help", "--man"]), ("completions/darkroom.bash", ["completion", "bash"]),
            ("completions/_darkroom", ["completion", "zsh"]), ("completions/darkroom.fish", ["completion", "fish"]),
        ])
    func `what is stored under samples is what the program makes`(file: String, command: [String]) async throws {
        let stored = FileManager.default.contents(atPath: Self.folder + "/" + file) ?? Data()
        let made = try await Darkroom.run(command)
        #expect(made.out == String(decoding: stored, as: UTF8.self), "stale: run samples/generate")
    }

    @Test func `the manual page names every verb and option, and is good roff`() async throws {
        let page = Self.folder + "/man/darkroom.1"
        let checked = try await Darkroom.run(tool: "/usr/bin/env", ["man", "--warnings", "-l", page])
        #expect(checked.code == 0 && checked.err.isEmpty, "\(checked.err)")
        let lint = try await Darkroom.run(tool: "/usr/bin/env", ["mandoc", "-T", "lint", "-W", "style", page])
        #expect(lint.code == 0, "\(lint.out)")
        let overview = try await Darkroom.run(["--help"]).out
        for line in overview.split(separator: "\n") where line.hasPrefix("  ") && !line.hasPrefix("  darkroom") {
            let verb = try #require(line.split(separator: " ").first)
            #expect(checked.out.contains("darkroom \(verb)"), "\(verb)")
            let help = try await Darkroom.run([String(verb), "--help"]).out
            for option in help.matches(of: /--[a-z][a-z-]+/) {
                #expect(checked.out.contains(option.output), "\(verb) \(option.output)")
            }
        }
    }

    @Test func `the image's recipe names the package of every library that the program is linked with`() async throws {
        let recipe = try String(contentsOfFile: Self.folder + "/oci/Containerfile", encoding: .utf8)
        let last = try #require(recipe.components(separatedBy: "FROM ").last)
        let linked = try await Darkroom.tool("readelf", "-d", Darkroom.path).matches(of: /\(NEEDED\).*\[(.+)\]/).map {
            String($0.output.1)
        }
        let own = linked.filter { !$0.contains("wift") && !["libdispatch.so", "libBlocksRuntime.so"].contains($0) }
        #expect(own.contains("libvips.so.42") == false && own.count > 8)
        // The base image has the C library, and what a package depends on comes with it.
        var there: Set = ["libc6", "libgcc-s1", "libstdc++6"]
        for name in last.matches(of: /\b(ca-certificates|lib[a-z0-9+-]+)\b/).map({ String($0.output.1) }) {
            there.insert(name)
            let depends = try await Darkroom.run(tool: "/usr/bin/env", ["dpkg-query", "-W", "-f", "${Depends}", name])
            for needed in depends.out.split(separator: ",") {
                there.formUnion(needed.split(whereSeparator: { " (:".contains($0) }).prefix(1).map(String.init))
            }
        }
        for library in own {
            let owners = try await Darkroom.tool("dpkg", "-S", "*/" + library).split(separator: "\n")
                .compactMap { $0.split(separator: ":").first.map(String.init) }
            #expect(!there.isDisjoint(with: owners), "\(library) is of \(owners)")
        }
    }

    @Test(
        arguments: [
            ("darkroom sub", "submit"), ("darkroom submit --fi", "--fit"), ("darkroom submit --fit c", "cover"),
            ("darkroom config s", "schema"), ("darkroom jobs --state he", "held"),
            ("darkroom upscale --form", "--format"),
            ("darkroom help", "help"), ("darkroom show har", "harbour"), ("darkroom wait --spool SPOOL har", "harbour"),
        ])
    func `shells complete verbs, options, values and jobs`(typed: String, wanted: String) async throws {
        let spool = try TestSpool("complete", config: "{ spool: 'SPOOL', models: { a: { provider: 'simulator' } } }")
        try spool.drop("harbour", manifest: #"{ "prompt": "x", "id": "harbour", "output": { "size": "native" } }"#)
        #expect(try await spool.darkroom("drain").code == 0)
        let line = typed.replacingOccurrences(of: "SPOOL", with: spool.path)
        let environment = [
            "DARKROOM_CONFIG": try #require(spool.config), "HOME": spool.scratch.file("home"), "LINE": line,
            "HERE": Self.folder + "/completions",
            "PATH": URL(fileURLWithPath: Darkroom.path).deletingLastPathComponent().path + ":/usr/bin:/bin",
        ]
        for (shell, script) in Self.shells {
            let result = try await Darkroom.run(
                tool: "/usr/bin/env", [shell] + Self.quiet(shell) + ["-c", script], environment: environment)
            let offered = result.out.split(whereSeparator: \.isNewline).map { $0.split(separator: "\t")[0] }
            #expect(offered.contains(Substring(wanted)), "\(shell): \(result.out)\(result.err)")
        }
    }

    private static func quiet(_ shell: String) -> [String] {
        switch shell {
        case "bash": ["--norc", "--noprofile"]
        case "zsh": ["-f"]
        default: ["--no-config"]
        }
    }

    /// What each shell offers for the line LINE, a line each; zsh offers it at a terminal only.
    private static let shells = [
        (
            "bash",
            #"""
            source "$HERE/darkroom.bash"
            read -ra COMP_WORDS <<<"$LINE"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            compopt() { :; }
            _darkroom darkroom "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """#
        ),
        (
            "zsh",
            #"""
            mkdir -p $HOME
            : > $HOME/offers
            cat > $HOME/inner.zsh <<'END'
            PS1= PS2=
            fpath=($HERE $fpath)
            autoload -Uz compinit; compinit -u -D
            compadd() {
                if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
                local -a found
                builtin compadd -A found "$@"
                (( $#found )) && print -rl -- $found >> $HOME/offers
                builtin compadd "$@"
            }
            finish() { print -r -- END-OF-OFFERS; exit; }
            zle -N finish; bindkey '^X' finish
            print READY-NOW
            END
            zmodload zsh/zpty
            zpty inner zsh -f -i
            zpty -w inner "source $HOME/inner.zsh"
            while zpty -r inner answer; do [[ $answer == *READY-NOW* ]] && break; done
            zpty -n -w inner "$LINE"$'\t\C-x'
            while zpty -r inner answer; do [[ $answer == *END-OF-OFFERS* ]] && break; done
            cat $HOME/offers
            """#
        ),
        (
            "fish",
            #"""
            source "$HERE/darkroom.fish"
            complete --do-complete "$LINE"
            """#
        ),
    ]
}

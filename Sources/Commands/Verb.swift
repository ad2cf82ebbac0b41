/// One option of a verb.
struct Option: Sendable {
    /// With its dashes, `--spool`.
    let name: String
    /// What its value is called in the help; nil for a switch.
    let value: String?
    let help: String
    var repeats = false
    /// What its value may be, where that is one of a few words.
    var choices: [String] = []

    init(_ name: String, _ value: String? = nil, _ help: String, repeats: Bool = false, choices: [String] = []) {
        self.name = name
        self.value = value
        self.help = help
        self.repeats = repeats
        self.choices = choices
    }

    static let config = Option(
        "--config", "FILE", "configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)")
    static let spool = Option("--spool", "DIR", "the spool, instead of the configured one")
    static let json = Option("--json", nil, "print JSON")
    static let help = Option("--help", nil, "show this help")
}

/// One verb: what it takes, what it is for, and what it does. Help, the manual page and what a shell completes are made from this
/// and nothing else.
struct Verb: Sendable {
    let name: String
    let summary: String
    /// Words after the options, `IN`, `[JOB]…`; empty when there are none.
    var arguments = ""
    /// Least and most words.
    var words: ClosedRange<Int> = 0...0
    /// What the first word may be, where that is one of a few.
    var choices: [String] = []
    var options: [Option] = []
    var examples: [String] = []
    /// What else is worth knowing, a paragraph each.
    var notes: [String] = []
    let run: @Sendable (Invocation) async throws(CommandError) -> Int32

    var allOptions: [Option] { options + [.config, .spool, .help] }
}

/// What was typed, sorted out.
struct Invocation: Sendable {
    let verb: Verb
    var values: [String: [String]] = [:]
    var words: [String] = []

    func has(_ option: String) -> Bool { values[option] != nil }
    func value(_ option: String) -> String? { values[option]?.last }
    func all(_ option: String) -> [String] { values[option] ?? [] }
    var wantsJSON: Bool { has("--json") }
}

/// Why a command ends: an exit code of the public surface and a sentence for standard error.
struct CommandError: Error, Sendable {
    let code: ExitCode
    let message: String
    /// What to do.
    let hint: String?

    init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

}

/// Exit codes of the public surface, section 1 (after sysexits.h).
enum ExitCode: Int32, Sendable, CaseIterable {
    case fine = 0
    case notAllWell = 1
    case usage = 64
    case data = 65
    case unavailable = 69
    case inputOutput = 74
    case tryLater = 75
    case configuration = 78

    var meaning: String {
        switch self {
        case .fine: "all well"
        case .notAllWell: "it ran, and something did not succeed"
        case .usage: "bad usage"
        case .data: "bad input data"
        case .unavailable: "a provider or service is unavailable"
        case .inputOutput: "input/output error"
        case .tryLater: "try again later: another daemon works on this spool"
        case .configuration: "bad configuration, or not built yet"
        }
    }
}

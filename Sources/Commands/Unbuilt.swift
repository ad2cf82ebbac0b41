/// Names of the public surface whose work is not built yet: each is accepted, and ends with a code that says so.
enum Unbuilt {
    private static let verbs: Set<String> = [
        "batch", "bench", "keygen", "ledger", "models", "policy", "privacy", "report", "token", "webhook",
    ]
    private static let options: [String: Set<String>] = [
        "subject": ["--list", "--even-if-unknown"], "submit": ["--run"],
        "verify": ["--deep", "--html", "--marks-only"],
    ]

    static func check(verb: String) throws(CommandError) {
        if verbs.contains(verb) { throw notBuilt(verb) }
    }

    static func check(_ option: String, of verb: String) throws(CommandError) {
        if options[verb]?.contains(option) == true { throw notBuilt("\(verb) \(option)") }
    }

    private static func notBuilt(_ name: String) -> CommandError {
        CommandError(.configuration, "\(name) is not built yet", hint: "darkroom --help lists what is")
    }
}

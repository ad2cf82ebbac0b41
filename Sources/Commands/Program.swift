import Domain
import Glibc

/// The command: every verb of the public surface, with what it does.
package enum Program {
    static let verbs: [Verb] = [
        runVerb, drainVerb, submitVerb, statusVerb, waitVerb, jobsVerb, showVerb, retryVerb, releaseVerb, cancelVerb,
        saveVerb, deleteVerb, routeVerb,
        subjectVerb, accountVerb, keyVerb, sweepVerb, auditVerb, proveVerb, doctorVerb,
        normalizeVerb, upscaleVerb,
        inspectVerb, verifyVerb, contactSheetVerb, simulateVerb, configVerb, completionVerb,
    ]

    /// Runs one command and gives its exit code.
    package static func run(_ arguments: [String]) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        do throws(CommandError) {
            switch try CommandLineParser.parse(arguments, verbs: verbs) {
            case .help(let verb):
                Console.print(verb.map(Help.text) ?? Help.overview(verbs))
                return ExitCode.fine.rawValue
            case .manual:
                Console.print(ManualPage.page(verbs))
                return ExitCode.fine.rawValue
            case .version:
                Console.print("darkroom \(Product.version)\n")
                return ExitCode.fine.rawValue
            case .run(let invocation):
                return try await invocation.verb.run(invocation)
            }
        } catch {
            Console.remark("darkroom: \(error.message)" + (error.hint.map { "\n  \($0)" } ?? ""))
            return error.code.rawValue
        }
    }
}

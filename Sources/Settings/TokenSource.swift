import CLinuxShim
import Disk
package import Domain
import Glibc

/// The access tokens of one route: got when one is first needed, kept until shortly before it ends, got anew where it was
/// refused. However many ask at once, the command runs once.
package actor TokenSource {
    private let source: KeySource
    private let learned: @Sendable (SecretText) -> Void
    private let now: @Sendable () -> Timestamp
    private var current: AccessToken?
    private var running: Task<Result<AccessToken, ConfigurationError>, Never>?

    /// Longest that a token command may take.
    fileprivate static let patience = Span.seconds(30)
    /// Most bytes that it may print.
    fileprivate static let mostPrinted = 65_536
    /// Commands wait here, and take no thread from anybody else.
    private static let lane = BlockingLane(label: "tokens", width: 2)

    /// - Parameter learned: told of every new token before it is used, so that no log ever shows it.
    package init(
        _ source: KeySource, now: @escaping @Sendable () -> Timestamp = TokenSource.wall,
        learned: @escaping @Sendable (SecretText) -> Void = { _ in }
    ) {
        self.source = source
        self.now = now
        self.learned = learned
    }

    package static let wall: @Sendable () -> Timestamp = { Timestamp(milliseconds: Monotonic.wall()) }

    /// A token that is good for a request now. What it throws names the source, never what came out of it.
    package func token() async throws(ConfigurationError) -> SecretText {
        if let current, current.isFresh(at: now()) { return current.text }
        return try await fetched()
    }

    /// Another token than the one that was refused.
    package func token(inPlaceOf refused: SecretText) async throws(ConfigurationError) -> SecretText {
        // Whoever was refused at the same time may have got it already.
        if let current, current.text.exposed != refused.exposed, current.isFresh(at: now()) { return current.text }
        return try await fetched()
    }

    private func fetched() async throws(ConfigurationError) -> SecretText {
        let task = running ?? Task { await self.fetch() }
        running = task
        return try await task.value.get().text
    }

    private func fetch() async -> Result<AccessToken, ConfigurationError> {
        let source = source
        let now = now
        let result: Result<AccessToken, ConfigurationError> = await Self.lane.run { @Sendable in
            do throws(ConfigurationError) {
                return .success(try source.readToken(now: now()))
            } catch {
                return .failure(error)
            }
        }
        if case .success(let token) = result {
            learned(token.text)
            current = token
        }
        running = nil
        return result
    }
}

extension KeySource {
    /// Gets a token; blocks until the command has ended.
    fileprivate func readToken(now: Timestamp) throws(ConfigurationError) -> AccessToken {
        let bytes: [UInt8]
        switch self {
        case .tokenCommand(let words): bytes = try printed(by: words)
        case .tokenFile(let path): bytes = try readFile(path, mayBeShared: false)
        case .credential, .file, .environment: throw refusal("gives a key and no tokens")
        }
        return try AccessToken.read(bytes, now: now) { bytes throws(ConfigurationError) in try secret(bytes) }
    }

    /// What such a program needs to find itself, its own settings and the time zone of what it prints; no key of ours.
    private static let inherited = ["PATH", "HOME", "USER", "TZ", "LANG", "AZURE_CONFIG_DIR", "XDG_CONFIG_HOME"]

    private func printed(by words: [String]) throws(ConfigurationError) -> [UInt8] {
        let program = Program(words, environment: Program.inherited(Self.inherited))
        let end: (code: Int32, printed: [UInt8])
        do throws(Program.Failure) {
            end = try program.run(patience: TokenSource.patience, most: TokenSource.mostPrinted)
        } catch {
            throw refusal(error.description)
        }
        guard end.code == 0 else { throw refusal("ended with exit code \(end.code)") }
        return end.printed
    }
}

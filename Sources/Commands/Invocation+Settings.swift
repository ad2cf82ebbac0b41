import Daemon
import Disk
import Documents
import Domain
import Glibc
import Journal
import Ledger
import Settings

extension Invocation {
    /// The effective configuration: `--config`, `$DARKROOM_CONFIG`, the system's file, or the built-in values.
    func configuration() throws(CommandError) -> Configuration {
        var configuration = try readConfiguration()
        if let spool = value("--spool") {
            guard !spool.isEmpty else { throw CommandError(.usage, "--spool needs a folder") }
            configuration.spool = Self.absolute(spool)
        }
        return configuration
    }

    /// Path of the configuration file that would be read; nil for built-in values.
    func configurationPath() -> String? {
        if let path = value("--config") { return path }
        if let path = Self.environment("DARKROOM_CONFIG"), !path.isEmpty { return path }
        return Files.exists(Self.systemFile) ? Self.systemFile : nil
    }

    private static let systemFile = "/etc/darkroom/darkroom.json5"

    private func readConfiguration() throws(CommandError) -> Configuration {
        guard let path = configurationPath() else { return Configuration() }
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(Files.absolute(path) ?? path, limit: 1 << 20)
        } catch {
            throw CommandError(.configuration, "\(path): \(error)")
        }
        guard let bytes else { throw CommandError(.configuration, "\(path): larger than 1 MB") }
        do throws(ConfigurationError) {
            return try Configuration.read(bytes, source: path)
        } catch {
            throw CommandError(.configuration, error.description)
        }
    }

    /// The log of the configuration: plain on a terminal, JSON otherwise, unless it says so.
    func log(_ configuration: Configuration, least: Log.Level? = nil) -> Log {
        let isJSON = configuration.logFormat.map { $0 == .json } ?? !Console.isTerminal(2)
        let level: Log.Level =
            switch configuration.logLevel {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        return Log(least: max(level, least ?? .debug), isJSON: isJSON)
    }

    /// The spool as it stands, for verbs that look at jobs.
    func stores(_ configuration: Configuration) throws(CommandError) -> Stores {
        do throws(StartError) {
            return try Stores(configuration, makes: false, owner: "command", log: log(configuration, least: .warning))
        } catch {
            throw CommandError(error)
        }
    }

    static func absolute(_ path: String) -> String {
        var joined = path
        if !path.hasPrefix("/"), let here = Files.absolute(".") { joined = here + "/" + path }
        while joined.count > 1, joined.hasSuffix("/") { joined.removeLast() }
        return Files.absolute(joined) ?? joined
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

extension CommandError {
    /// What keeps a daemon from starting, as an exit code.
    init(_ error: StartError) {
        let code: ExitCode =
            switch error {
            case .noSpool, .disk: .inputOutput
            case .inUse: .tryLater
            case .ledger(.newer(found: _, known: _)), .configuration: .configuration
            case .ledger: .inputOutput
            case .machine, .listen: .unavailable
            }
        self.init(code, error.description)
    }
}

import Daemon
import Journal

extension Program {
    static let runVerb = Verb(
        name: "run", summary: "the daemon, in the foreground: watches the inbox until it is stopped",
        examples: ["darkroom run --spool /srv/pictures", "darkroom run --config darkroom.json5"]
    ) { invocation throws(CommandError) in
        Machine.forbidCoreFiles()
        let configuration = try invocation.configuration()
        let log = invocation.log(configuration)
        do throws(StartError) {
            let service = try await Service(configuration, log: log)
            let signals = StopSignals(reload: { service.reload() }) { service.stop() }
            try await service.run()
            signals.end()
        } catch {
            throw CommandError(error)
        }
        log.info("darkroom has stopped")
        return ExitCode.fine.rawValue
    }
}

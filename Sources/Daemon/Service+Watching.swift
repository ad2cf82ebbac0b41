import Domain
import HTTPServer
import Journal
import Pipeline
import Settings
import StatusPage
import Workers

/// How the daemon is seen from outside: by the service manager, and on the status page.
extension Service {
    var health: Health {
        Health(stores: stores, watcher: watcher, intake: intake, reserve: reserve, workers: workers, stopping: stopping)
    }

    /// Signs of life to the service manager, until the loops have ended: a stop that awaits paid calls is no death.
    func report() async {
        guard let interval = supervisor.interval else { return }
        let vitality = Vitality(health: health, sweeps: sweeps)
        while !Task.isCancelled {
            if stopping.isSet {
                supervisor.beat()
            } else {
                let (status, isAlive) = await vitality.examine()
                if !stopping.isSet { supervisor.report(status, isAlive: isAlive) }
            }
            try? await Task.sleep(for: interval.duration)
        }
    }

    /// The status page, where it is wanted and its address can be had.
    func showStatus() throws(StartError) -> Listener? {
        let configuration = stores.configuration
        guard let address = configuration.listen else { return nil }
        let health = health
        let server = StatusServer(
            ledger: stores.ledger, spool: stores.spool, configuration: configuration, tally: tally,
            workers: { [workers] in workers.processes }
        ) { await health.readiness() }
        do throws(ServerError) {
            let page = try server.listen(on: address)
            stores.recorder.log.info(
                "status page", ["url": "http://\(ListenAddress(address, port: page.port))/"])
            return page
        } catch {
            // Another daemon of this machine may have the usual address.
            guard address != Configuration.usualListen else {
                stores.recorder.log.warning("there is no status page", ["why": error.description])
                return nil
            }
            throw .listen(address, why: error.description)
        }
    }
}

import Disk
import Documents
import Domain
import HTTPServer
import Journal
import Pipeline
import Settings
import Spool
import StatusPage
import Workers

/// How the daemon is seen from outside: by the service manager, and on the status page.
extension Service {
    var health: Health {
        Health(
            stores: stores, watcher: watcher, intake: intake, reserve: reserve, workers: workers, stopping: stopping,
            workerWatch: workerWatch)
    }

    /// Looks every few seconds whether work flows, and says it in the log and to `status` when that changes.
    func watchHealth() async {
        let health = health
        var before = Readiness()
        let place = stores.spool.readiness
        var written: [UInt8] = []
        while true {
            // First of all something has to have had time to start.
            let until = Monotonic.milliseconds() + Self.healthEvery.milliseconds
            while !stopping.isSet, Monotonic.milliseconds() < until { try? await Task.sleep(for: .milliseconds(200)) }
            if stopping.isSet { break }
            let now = await health.readiness()
            if stopping.isSet { break }
            let isNews = now.obstacles.map(\.code) != before.obstacles.map(\.code)
            if isNews, now.isReady { stores.recorder.log.info("work flows again") }
            if isNews {
                for obstacle in now.obstacles where !before.obstacles.contains(where: { $0.code == obstacle.code }) {
                    stores.recorder.log.warning("work does not flow", ["why": obstacle.message, "code": obstacle.code])
                }
            }
            before = now
            let text = Array(now.document.compact.utf8)
            if text != written {
                let isWritten = await BlockingLane.disk.run { (try? Files.writeDurably(text, to: place)) != nil }
                written = isWritten ? text : []
                // Better nothing than what is no longer so.
                if !isWritten { await BlockingLane.disk.run { try? Files.remove(place) } }
            }
        }
        await BlockingLane.disk.run { _ = try? Files.remove(place) }
    }

    private static let healthEvery = Span.seconds(3)

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

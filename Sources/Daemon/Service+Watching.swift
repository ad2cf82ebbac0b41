import Disk
import Domain
import HTTPServer
import Imaging
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

    /// How often it is looked whether work flows; a service manager may want to hear of it more often.
    private static let healthEvery = Span.seconds(3)

    /// Looks whether work flows, until it is cancelled: says it in the log and to `status` when that changes, and gives the service
    /// manager a sign of life.
    func watchHealth() async {
        let vitality = Vitality(health: health, sweeps: sweeps)
        let period = min(Self.healthEvery, supervisor.interval ?? Self.healthEvery)
        var note = HealthNote(stores.spool.readiness, stores.recorder.log)
        // What an earlier run left says nothing of this one.
        await note.clear()
        while !Task.isCancelled {
            // First of all something has to have had time to start.
            try? await Task.sleep(for: period.duration)
            if !Task.isCancelled, !stopping.isSet {
                let found = await vitality.examine()
                if !stopping.isSet {
                    await note.tell(found.readiness)
                    supervisor.report(found.status, isAlive: found.isAlive)
                    continue
                }
            }
            await note.clear()
            supervisor.beat()
            if stopping.isSet { leaveStuckWorkers() }
        }
    }

    /// A stop awaits the pictures that are worked on, but no worker that stands still: its job goes back as it is.
    private func leaveStuckWorkers() {
        guard workerWatch.stuck(workers) > 0 else { return }
        stores.recorder.log.warning("an image worker is stuck, and the stop does not wait for it")
        workers.stop()
    }

    /// The status page, where it is wanted and its address can be had.
    func showStatus() throws(StartError) -> Listener? {
        let configuration = stores.configuration
        guard let address = configuration.listen else { return nil }
        let health = health
        let server = StatusServer(
            ledger: stores.ledger, spool: stores.spool, configuration: configuration, tally: tally,
            workers: { [workers] in workers.processes }, small: configuration.showsPictures ? Self.small(workers) : nil
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

    /// Bytes and pixels of an output that is made small for the page; larger ones are not shown.
    private static let look = PictureLimits(bytes: 1 << 28, pixels: 100_000_000, accepted: PictureLimits.standard)
    /// Longest edge: sharp on a screen with two pixels a point.
    private static let lookEdge = 480

    private static func small(_ workers: WorkerPool) -> PictureShelf.Maker {
        { path in
            guard let bytes = await BlockingLane.disk.run({ (try? Files.read(path, limit: look.bytes)) ?? nil }) else {
                return nil
            }
            let order = RenderOrder(
                size: .long(lookEdge), fit: .inside, format: .jpeg, quality: 80, upscale: .plain, limits: look)
            return (try? await workers.render(bytes, as: order))?.bytes
        }
    }
}

import Audit
import CLinuxShim
import Digests
import Disk
package import Domain
import HTTPServer
import Intake
package import Journal
package import Ledger
import Outcomes
import Pipeline
import Providers
import Retention
import Rights
package import Settings
import Simulator
import Spool
import StatusPage
import Synchronization
import Transport
import Vault
import Workers

/// The daemon: wiring only. Which services run, in which order they start, in which they stop.
package final class Service: Sendable {
    /// How a drain ended.
    package struct Rest: Sendable {
        package var counts: [JobState: Int]
        /// Hand-overs that are still in the inbox.
        package var left: Int
        /// Why jobs that have not settled wait.
        package var waits: [WaitGroup]
        /// Whether tries had led nowhere for minutes.
        package var isStuck: Bool
    }

    let stores: Stores
    private let owner: String
    let watcher: InboxWatcher
    let conductor: Conductor
    let workers: WorkerPool
    private let client: HTTPClient
    private let simulator: Listener?
    let reserve: DiskReserve
    let intake: IntakeService
    let tally = Tally()
    let stopping: StopFlag
    let workerWatch = WorkerWatch()
    private let lock: Mutex<HeldLock>
    private let followsCrash: Bool
    let routes: LiveRoutes
    /// Why the audit log can not be written, as it was last said.
    let auditTrouble = Mutex<String?>(nil)
    let supervisor = Supervisor()
    let sweeps = Pulse()
    private let hooks: Hooks

    /// The spool's lock, and the note of a crash, held as long as the service lives.
    private struct HeldLock: ~Copyable {
        let lock: FolderLock
        let note: CrashNote
    }

    /// Starts everything but the loops.
    ///
    /// - Parameters:
    ///   - workerProgram: the program whose `worker` verb works on pictures.
    ///   - watch: told of every event.
    package init(
        _ configuration: Configuration, workerProgram: String = "/proc/self/exe", log: Log,
        watch: @escaping @Sendable (LedgerEvent) -> Void = { _ in }
    ) async throws(StartError) {
        // A thousand answers that come and go would leave a heap of holes to each thread.
        lx_share_heaps(2)
        owner = "run-" + hexadecimal(randomBytes(8))
        let lock = try Self.lock(configuration)
        stores = try Stores(configuration, makes: true, owner: owner, log: log) { [tally] event in
            tally.take(event)
            watch(event)
        }
        do throws(VaultError) {
            try await stores.blobs.checkKeys()
        } catch {
            throw .configuration(ConfigurationError(source: "seal.key", faults: [error.description]))
        }
        let note = try Self.note(stores.spool)
        followsCrash = note.wasCrash
        self.lock = Mutex(HeldLock(lock: lock, note: note))
        stopping = StopFlag()
        let count = configuration.workers.count == 0 ? Machine.cores : configuration.workers.count
        workers = WorkerPool(
            executable: workerProgram, count: count, timeout: configuration.workers.timeout.duration,
            sandbox: configuration.workers.sandbox
        ) { how in
            log.warning(
                "an image worker was ended; its picture is tried once more in another", ["why": how.description])
        }
        if configuration.workers.sandbox == .off {
            log.warning("pictures are opened by image workers that are not locked", ["workers.sandbox": "off"])
        }
        if let fault = DenyList(configuration)?.fault() {
            throw .configuration(ConfigurationError(source: "abuse.deny_list", faults: [fault]))
        }
        for fault in TemplateFolder(configuration)?.faults() ?? [] {
            log.warning("a template can not be used", ["why": fault])
        }
        do throws(TransportError) {
            client = try HTTPClient(.init(proxy: configuration.proxy, caFile: configuration.caFile))
        } catch {
            throw .machine("the network could not be set up: \(error)")
        }
        simulator = try Self.startSimulator(configuration, workers)
        reserve = DiskReserve(folder: configuration.spool, minFree: configuration.minFree)
        routes = try Self.routes(configuration, simulator, log)
        let crashedBefore: Timestamp?
        do throws(LedgerError) {
            crashedBefore = followsCrash ? try await stores.ledger.now() : nil
        } catch {
            throw .ledger(error)
        }
        let shop = Workshop(
            configuration: configuration, ledger: stores.ledger, blobs: stores.blobs, spool: stores.spool,
            workers: workers, workerCount: count, client: client, settler: stores.settler,
            history: stores.history,
            recorder: stores.recorder, routes: routes, reserve: reserve, stopping: stopping,
            crashedBefore: crashedBefore,
            counter: PromptCounter(stores)?.counter)
        conductor = Conductor(shop, owner: owner)
        hooks = Hooks(stores, stopping: stopping)
        watcher = Self.watcher(stores.spool.inbox, configuration, log)
        do throws(LedgerError) {
            intake = try await IntakeService(
                stores, watcher: watcher, conductor: conductor, reserve: reserve, stopping: stopping)
        } catch {
            throw .ledger(error)
        }
    }

    /// Runs until `stop`; then what is under way has come to a stop.
    package func run() async throws(StartError) {
        try await begin()
        let page = try showStatus()
        stores.recorder.log.info("darkroom is running", ["spool": stores.spool.root])
        supervisor.ready()
        await loops()
        await page?.stop()
    }

    /// Runs until everything that can settle has settled.
    package func drain() async throws(StartError) -> Rest {
        try await begin()
        async let running: Void = loops()
        var stillness = Stillness()
        var isStuck = false
        while !stopping.isSet, !isStuck, !(await isDrained()) {
            isStuck = await self.isStuck(&stillness)
            try? await Task.sleep(for: .milliseconds(40))
        }
        stop()
        await running
        do throws(LedgerError) {
            return Rest(
                counts: try await stores.ledger.counts(), left: intake.state.left,
                waits: try await stores.ledger.waits(), isStuck: isStuck)
        } catch {
            throw .ledger(error)
        }
    }

    /// Takes up nothing new; `run` returns when the jobs under way have stopped. Paid calls are awaited.
    package func stop() {
        supervisor.stopping()
        stopping.set()
        watcher.stop()
        conductor.stop()
    }

    // MARK: life

    /// What comes first at every start: deadlines, then what an earlier run left behind.
    private func begin() async throws(StartError) {
        let reconciliation = Reconciliation(stores: stores)
        let found = try await reconciliation.run()
        await stores.recorder.record("daemon.started", nil, ["version": Product.version])
        do throws(LedgerError) {
            try await hooks.begin()
            _ = try await stores.sweeper.runOnce(claims: false, strays: false)
            try await openRoutes()
            let freed = try await stores.ledger.freeAll(but: owner)
            if freed > 0 { stores.recorder.log.info("jobs of an earlier run go on", ["jobs": String(freed)]) }
            try await quarantine()
            // Before anything more is taken in: what people asked for comes first.
            await stores.erasure.resume(isAlone: true)
            await intake.recover()
            try await reconciliation.conclude(found)
            try await stores.sweeper.sweepStart()
        } catch {
            throw .ledger(error)
        }
    }

    /// How often a job may be under way when the daemon dies: the first time among others, then alone. A crash of the daemon's own
    /// condemns whatever was alone; a kill may have come from outside, and takes more of a coincidence.
    private static let deathsByCrash = 2
    private static let deathsByKill = 6

    /// Puts before a person what the daemon can not live with.
    private func quarantine() async throws(LedgerError) {
        let least = followsCrash ? Self.deathsByCrash : Self.deathsByKill
        for id in try await stores.ledger.suspects(ofDeaths: least) {
            guard let job = try await stores.ledger.seize(id, for: owner) else { continue }
            stores.recorder.log.error("a job is quarantined: the daemon died whenever it worked on it", ["job": id])
            try await stores.settler.settle(
                job, as: .held,
                because: Reason(
                    .quarantined, "Darkroom ended each time it worked on this job",
                    hint: "look into the log, then release the job to try again, or give it up"))
        }
    }

    private func loops() async {
        watcher.start()
        // To the end of all others: a stop that awaits paid calls is no death.
        let watching = Task { await self.watchHealth() }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.intake.run() }
            group.addTask { await self.conductor.run() }
            group.addTask { await self.sweep() }
            group.addTask { await self.checkWorkers() }
            group.addTask { await self.hooks.run() }
            group.addTask { await self.audit() }
            group.addTask { await RightsService(self.stores, stopping: self.stopping).run() }
        }
        watching.cancel()
        await watching.value
        await stores.recorder.record("daemon.stopped", nil)
        await moveEvents()
        await simulator?.stop()
        client.shutDown()
        await workers.shutDown()
    }

    private func isDrained() async -> Bool {
        let inbox = intake.state
        guard inbox.hasLooked, inbox.settling == 0, conductor.isResting else { return false }
        // What was left for want of a place is taken at the next look, where one is free by now.
        if await intake.couldTakeMore() { return false }
        guard let now = try? await stores.ledger.now() else { return false }
        // What comes due within a minute is awaited; what waits longer waits for pace, quota or a person.
        let wake = (try? await stores.ledger.nextWake()) ?? nil
        if let wake, wake.since(now) <= .minutes(1) { return false }
        guard await hooks.isDone() else { return false }
        return conductor.isResting
    }

    /// How long nothing has moved: a full or broken disk lets jobs try again for ever, and a drain must come to an end.
    private struct Stillness {
        struct Picture: Equatable {
            var counts: [JobState: Int]?
            var left: Int
            var settling: Int
        }

        var picture: Picture?
        /// Milliseconds of rest with this picture; a call under way is no rest.
        var rested: Int64 = 0
        var looked: Int64 = 0
    }

    private var longestStillness: Span {
        Span(milliseconds: max(120_000, stores.configuration.inbox.settle.milliseconds + 60_000))
    }

    /// Whether tries have led nowhere for so long that what is left is reported as waiting.
    private func isStuck(_ stillness: inout Stillness) async -> Bool {
        let now = Monotonic.milliseconds()
        let passed = now - stillness.looked
        stillness.looked = now
        guard conductor.isResting else { return false }
        let inbox = intake.state
        let picture = Stillness.Picture(
            counts: try? await stores.ledger.openCounts(), left: inbox.left, settling: inbox.settling)
        stillness.rested = picture == stillness.picture ? stillness.rested + passed : 0
        stillness.picture = picture
        guard stillness.rested > longestStillness.milliseconds else { return false }
        stores.recorder.log.warning("the drain ends although work is left: nothing has moved for minutes")
        return true
    }

    // MARK: parts

    private static func note(_ spool: SpoolFolders) throws(StartError) -> CrashNote {
        do throws(DiskError) {
            return try CrashNote(spool.crashNote)
        } catch {
            throw .disk(error, path: spool.crashNote)
        }
    }

    private static func lock(_ configuration: Configuration) throws(StartError) -> FolderLock {
        let spool = SpoolFolders(root: configuration.spool)
        do throws(DiskError) {
            try spool.prepare(
                group: configuration.spoolGroup?.number, requests: configuration.requestsGroup?.number)
            if let lock = try FolderLock.take(spool.lock) { return lock }
        } catch {
            throw .disk(error, path: spool.root)
        }
        throw .inUse(spool.root)
    }

    /// Says how the inbox is watched, once for each change.
    private static func watcher(_ inbox: String, _ configuration: Configuration, _ log: Log) -> InboxWatcher {
        InboxWatcher(folder: inbox, rescan: configuration.inbox.rescan) { mode in
            if mode == .events {
                log.info("the inbox is watched", ["mode": mode.description])
            } else {
                log.warning("the inbox is watched", ["mode": mode.description])
            }
        } lost: {
            log.warning("events were lost, or another folder is the inbox now: it is listed and watched anew")
        }
    }

    private static func startSimulator(
        _ configuration: Configuration, _ workers: WorkerPool
    ) throws(StartError) -> Listener? {
        guard configuration.routes.values.contains(where: { $0.provider == .simulator }) else { return nil }
        do throws(ServerError) {
            return try ImageSimulator.painting(with: workers).listen(address: "127.0.0.1", port: 0)
        } catch {
            throw .machine("the simulator could not listen on loopback: \(error)")
        }
    }

    /// How every route is called, from keys that can be read. A route without a row that lets it go there does not exist.
    private static func routes(
        _ configuration: Configuration, _ simulator: Listener?, _ log: Log
    ) throws(StartError) -> LiveRoutes {
        let port = simulator?.port ?? 0
        var access: [String: LiveRoutes.Access] = [:]
        for route in configuration.routes.values {
            do throws(ConfigurationError) {
                access[route.name] = try Self.access(to: route, configuration, simulatorPort: port, log)
            } catch {
                throw .configuration(
                    ConfigurationError(source: "models.\(route.name).key", faults: error.faults))
            }
        }
        return LiveRoutes(access) { name in
            guard let route = configuration.routes[name] else { return nil }
            do throws(ConfigurationError) {
                return try Self.access(to: route, configuration, simulatorPort: port, log)
            } catch {
                log.error(
                    "a route's key could not be read again",
                    ["route": name, "why": error.faults.joined(separator: "; ")])
                return nil
            }
        }
    }

    private static func access(
        to route: Route, _ configuration: Configuration, simulatorPort: UInt16, _ log: Log
    ) throws(ConfigurationError) -> LiveRoutes.Access? {
        let takesTokens = route.key?.isToken == true
        let key = takesTokens ? nil : try route.key?.read()
        if let key { log.conceal(key.exposed) }
        let endpoint = route.endpoint ?? "http://127.0.0.1:\(simulatorPort)"
        let adapter = configuration.processor(of: route)?.adapter(for: route, endpoint: endpoint, key: key)
        // Each token is got when a call needs it.
        let tokens =
            takesTokens
            ? route.key.map { TokenSource($0, learned: { token in log.conceal(token.exposed) }) } : nil
        return adapter.map { LiveRoutes.Access($0, tokens: tokens) }
    }
}

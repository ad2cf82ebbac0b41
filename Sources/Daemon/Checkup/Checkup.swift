import Disk
package import Settings
import Spool

/// Looks at everything that a job needs, and changes nothing: no claim, no deletion, no call. Safe beside the daemon.
///
/// It makes and deletes one file in the inbox to see whether events come, starts image workers of its own, and runs token
/// commands.
package struct Checkup: Sendable {
    let configuration: Configuration
    /// The program whose `worker` verb works on pictures.
    let workerProgram: String

    package init(_ configuration: Configuration, workerProgram: String = "/proc/self/exe") {
        self.configuration = configuration
        self.workerProgram = workerProgram
    }

    var spool: SpoolFolders { SpoolFolders(root: configuration.spool) }
    /// Whether a daemon works on the spool now.
    var isRunning: Bool { FolderLock.isHeld(spool.lock) }

    /// Everything, group by group.
    package func findings() async -> [Finding] {
        // Pictures and tokens take their time while the disk is looked at.
        async let pictures = pictureFindings()
        async let tokens = tokenFindings()
        let disk = await BlockingLane.disk.run { @Sendable in
            configurationFindings() + spoolFindings() + diskFindings()
        }
        let (ledger, pauses) = await ledgerFindings()
        let network = await BlockingLane.disk.run { @Sendable in networkFindings() }
        let keys = await BlockingLane.disk.run { @Sendable in routeFindings(pauses) }
        let machine = await BlockingLane.disk.run { @Sendable in machineFindings() }
        return disk + ledger + (await pictures) + keys + (await tokens) + network + machine + promiseFindings()
            + processorFindings() + policyFindings()
    }

    /// Routes in the order of their names.
    var routes: [Route] { configuration.routes.values.sorted { $0.name < $1.name } }
    /// Whether any route goes to a service that takes money.
    var paysAnybody: Bool { routes.contains { $0.provider != .simulator } }
}

import Disk
import Domain
import Journal
import Ledger
import Pipeline
import Rights
import Settings

/// What the daemon does for people's rights while it runs: takes requests from their folder, goes on with erasures that wait for a
/// paid call, and says when a request has used up too much of its time.
struct RightsService: Sendable {
    private let stores: Stores
    private let stopping: StopFlag
    private let desk: RequestDesk?

    init(_ stores: Stores, stopping: StopFlag) {
        self.stores = stores
        self.stopping = stopping
        let configuration = stores.configuration
        desk = configuration.requestsGroup.map { group in
            RequestDesk(
                office: stores.rights, erasure: stores.erasure, package: stores.exportPackage, spool: stores.spool,
                group: group.number, settle: configuration.inbox.settle)
        }
    }

    /// How often it is looked whether there is anything to do.
    private static let every = Span.seconds(2)
    private static let registerEvery = Span.minutes(1)

    func run() async {
        var looked: Int64?
        while !stopping.isSet {
            await desk?.look()
            await stores.erasure.resume(isAlone: false)
            if looked.map({ Monotonic.milliseconds() - $0 >= Self.registerEvery.milliseconds }) ?? true {
                looked = Monotonic.milliseconds()
                await warn()
            }
            await stopping.pause(Self.every)
        }
    }

    private func warn() async {
        do throws(LedgerError) {
            for warning in try await RequestClock(stores.ledger).warnings() {
                stores.recorder.log.warning(
                    "a request waits for its answer",
                    [
                        "request": warning.request.id, "verb": warning.request.verb,
                        "due": warning.request.due.description, "used_percent": String(warning.share),
                    ])
            }
        } catch {
            stores.recorder.log.error("the register of requests could not be read", ["why": error.description])
        }
    }
}

import Disk
import Domain
import Intake
import Ledger
import Settings

/// How many more requests each route can serve inside `queue.max_wait`: what goes beyond stays in the inbox, where its upstream
/// sees it, and no job of another route waits for that.
struct Admission: Sendable {
    /// What a hand-over asks of a route.
    struct Request: Sendable, Hashable {
        /// As named; nil is the default route.
        var model: String?
        var outputs = 1
    }

    private struct Lane {
        var requests: Int
        let most: Int
    }

    private var lanes: [String: Lane]
    private let defaultRoute: String
    /// Routes that something was left for.
    private(set) var full: Set<String> = []

    init(_ configuration: Configuration, _ loads: [String: RouteLoad]) {
        defaultRoute = configuration.defaultRoute
        lanes = configuration.routes.mapValues { route in
            let load = loads[route.name] ?? RouteLoad()
            return Lane(
                requests: load.requests,
                most: route.requests(within: configuration.maxWait, callTakes: load.callTakes))
        }
    }

    /// Whether any route could run full with so many hand-overs more.
    func isTight(for count: Int) -> Bool {
        lanes.values.contains {
            $0.requests + count.multipliedReportingOverflow(by: JobSpec.mostOutputs).partialValue > $0.most
        }
    }

    /// Counts a hand-over in where its route can serve it in time. One that asks for more than the route can ever serve goes when
    /// nothing else waits there; what names no route that there is fails at its acceptance.
    mutating func admits(_ request: Request?) -> Bool {
        guard let request, case let route = request.model ?? defaultRoute, let lane = lanes[route] else { return true }
        guard lane.requests == 0 || lane.requests + request.outputs <= lane.most else {
            full.insert(route)
            return false
        }
        lanes[route]?.requests += request.outputs
        return true
    }

    /// Requests that lie before all routes.
    var requests: Int { lanes.values.reduce(0) { $0 + $1.requests } }
}

extension Admission.Request {
    /// What an arrival of the inbox asks for, read where it lies; nil where it can not be told before it is claimed.
    init?(_ arrival: Arrival, in folder: String, longest: Int) {
        switch arrival.form {
        case .plain: self.init()
        case .orphan, .batch: return nil
        case .folder, .manifest:
            guard let bytes = (try? Self.manifest(of: arrival, in: folder, longest)) ?? nil else { return nil }
            self.init(manifest: bytes)
        }
    }

    private static func manifest(of arrival: Arrival, in folder: String, _ longest: Int) throws(DiskError) -> [UInt8]? {
        let inbox = try OpenFolder(folder)
        if arrival.form == .manifest { return try inbox.readOwn(arrival.files.last ?? "", limit: longest) }
        return try inbox.folder(arrival.name).readOwn("job.json", limit: longest)
    }

    init?(manifest bytes: [UInt8]) {
        guard let spec = (try? Manifest.read(bytes))?.spec else { return nil }
        self.init(model: spec.model, outputs: spec.count)
    }
}

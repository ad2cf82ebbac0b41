import Daemon
import Documents
import Domain
import Journal
import Ledger
import Pipeline
import Settings

extension Program {
    static let routeVerb = Verb(
        name: "route", summary: "list routes, pause one, or open a paused one again",
        arguments: "list|pause|resume [NAME]", words: 1...2, choices: ["list", "pause", "resume"], options: [.json],
        examples: ["darkroom route list", "darkroom route resume mai", "darkroom route pause openai"],
        notes: [
            "A route that is paused gets no requests; its jobs wait. resume works beside a running daemon, which then reads the"
                + " route's key again. A pause by this command lasts until resume, also over a restart; any other ends with a"
                + " restart or SIGHUP."
        ]
    ) { invocation throws(CommandError) in
        let configuration = try invocation.configuration()
        let action = invocation.words[0]
        if action == "list" {
            guard invocation.words.count == 1 else { throw CommandError(.usage, "route list takes no name") }
            return try await listRoutes(invocation, configuration)
        }
        guard action == "pause" || action == "resume" else {
            let nearest = NearestName.of(action, among: ["list", "pause", "resume"])
            throw CommandError(
                .usage, "route knows list, pause and resume", hint: nearest.map { "did you mean \($0)?" })
        }
        guard let name = invocation.words.dropFirst().first else {
            throw CommandError(
                .usage, "route \(action) needs the name of a route", hint: "darkroom route list shows them")
        }
        guard configuration.routes[name] != nil else {
            let nearest = NearestName.of(name, among: configuration.routes.keys.sorted())
            throw CommandError(
                .data, "the configuration has no route \"\(JSONParser.shown(name))\"",
                hint: nearest.map { "did you mean \($0)?" } ?? "darkroom route list shows them")
        }
        let stores = try invocation.stores(configuration)
        return try await action == "pause" ? pause(name, stores, invocation) : resume(name, stores, invocation)
    }

    private static func listRoutes(
        _ invocation: Invocation, _ configuration: Configuration
    ) async throws(CommandError) -> Int32 {
        let stores = try invocation.stores(configuration)
        let pauses = try await JobListing.read { () throws(LedgerError) in try await stores.ledger.pauses() }
        let lines = configuration.routes.values.sorted { $0.name < $1.name }.map { route in
            RouteLine(
                route: route, isDefault: route.name == configuration.defaultRoute,
                pause: pauses.first { $0.route == route.name })
        }
        if invocation.wantsJSON {
            Console.print(.fields(["schema": "darkroom.routes/1", "routes": .array(lines.map(\.document))]))
        } else {
            Console.print(Console.table([["ROUTE", "PROVIDER", "MODEL", "STATE"]] + lines.map(\.row)))
        }
        return ExitCode.fine.rawValue
    }

    private static func pause(
        _ name: String, _ stores: Stores, _ invocation: Invocation
    ) async throws(CommandError) -> Int32 {
        try await JobListing.read { () throws(LedgerError) in
            let now = try await stores.ledger.now()
            try await stores.ledger.pause(RoutePause(route: name, code: .routePaused, since: now, until: nil))
        }
        await stores.recorder.record("route.paused", nil, ["route": name, "class": ReasonCode.routePaused.rawValue])
        return answer(name, "paused", true, invocation)
    }

    private static func resume(
        _ name: String, _ stores: Stores, _ invocation: Invocation
    ) async throws(CommandError) -> Int32 {
        if let retirement = stores.configuration.routes[name]?.retirement {
            throw CommandError(
                .data, "the route \(name) cannot be opened: \(retirement.sentence)", hint: retirement.remedy)
        }
        let ended = try await JobListing.read { () throws(LedgerError) in try await stores.ledger.endPause(of: name) }
        if let ended {
            await stores.recorder.record("route.resumed", nil, ["route": name, "class": ended.code.rawValue])
        }
        return answer(name, "open", ended != nil, invocation)
    }

    private static func answer(_ name: String, _ state: String, _ isNews: Bool, _ invocation: Invocation) -> Int32 {
        if invocation.wantsJSON {
            Console.print(
                .fields([
                    "schema": "darkroom.route/1", "route": .string(name), "state": .string(state),
                    "changed": .bool(isNews),
                ]))
        } else {
            Console.print("\(name): \(isNews ? "" : "already ")\(state)\n")
        }
        return ExitCode.fine.rawValue
    }

    /// One route as `route list` shows it.
    private struct RouteLine {
        let route: Route
        let isDefault: Bool
        let pause: RoutePause?

        private var state: String {
            guard let pause else { return "open" }
            let until = pause.until.map { " until \($0)" } ?? ""
            return
                "paused since \(pause.since)\(until) (\(pause.code.rawValue)): \(pause.reason(retirement: route.retirement).hint ?? pause.remedy)"
        }

        var row: [String] {
            [route.name + (isDefault ? " (default)" : ""), route.provider.rawValue, route.deployment, state]
        }

        var document: JSONValue {
            .fields([
                "route": .string(route.name), "provider": .string(route.provider.rawValue),
                "model": .string(route.deployment), "family": .string(route.family), "default": .bool(isDefault),
                "paused": pause.map { pause in
                    .fields([
                        "code": .string(pause.code.rawValue), "since": .string(pause.since.description),
                        "until": .text(pause.until?.description),
                        "remedy": .text(pause.reason(retirement: route.retirement).hint),
                    ])
                },
            ])
        }
    }
}

package import Documents
package import Domain

/// What keeps work from flowing, as the daemon sees itself.
package struct Readiness: Sendable {
    package struct Obstacle: Sendable {
        /// One word for machines, `disk_full`.
        package let code: String
        /// One sentence for people.
        package let message: String

        package init(_ code: String, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    package var obstacles: [Obstacle] = []
    /// Whether file events tell of hand-overs; else the inbox is listed each second.
    package var hasEvents = false
    /// How long ago the inbox was looked at; nil before the first time.
    package var scanAge: Span?

    /// How many image workers have a picture and have done nothing for seconds; work flows while others do.
    package var stuckWorkers = 0

    package init() {}

    package mutating func add(_ code: String, _ message: String, where isSo: Bool) {
        if isSo { obstacles.append(Obstacle(code, message)) }
    }

    /// What a daemon wrote of itself; nil for what is nothing of the kind.
    package init?(_ document: JSONValue) {
        guard let entries = document["obstacles"]?.array else { return nil }
        obstacles = entries.compactMap { entry in
            guard let code = entry["code"]?.string, let message = entry["message"]?.string else { return nil }
            return Obstacle(code, message)
        }
        stuckWorkers = document["stuck_workers"]?.int ?? 0
    }

    package var isReady: Bool { obstacles.isEmpty }

    package var document: JSONValue {
        .fields([
            "schema": "darkroom.ready/1", "ready": .bool(isReady),
            "obstacles": .array(
                obstacles.map { .fields(["code": .string($0.code), "message": .string($0.message)]) }),
            "stuck_workers": .integer(stuckWorkers),
        ])
    }
}

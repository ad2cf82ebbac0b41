import Disk
import Domain
import Journal
package import Providers
package import Settings
import Synchronization

/// The routes of a running daemon: how each is called now, and what its last calls say of it.
package final class LiveRoutes: Sendable {
    /// How one route is called.
    package struct Access: Sendable {
        package let adapter: any Adapter
        /// Where the route takes access tokens in place of a key.
        package let tokens: TokenSource?

        package init(_ adapter: any Adapter, tokens: TokenSource? = nil) {
            self.adapter = adapter
            self.tokens = tokens
        }
    }

    private struct State {
        var access: [String: Access]
        /// How often a route's key was read again.
        var readings: [String: Int] = [:]
        var streaks: [String: RouteStreak] = [:]
        /// Routes that were paused when last looked at.
        var closed: Set<String> = []
    }

    private let state: Mutex<State>
    private let read: @Sendable (String) -> Access?

    /// - Parameter read: reads a route's key again; nil if it cannot be read, and the earlier key stays.
    package init(_ access: [String: Access], read: @escaping @Sendable (String) -> Access? = { _ in nil }) {
        state = Mutex(State(access: access))
        self.read = read
    }

    /// How often the route's key was read again: a refusal of an earlier key says nothing of this one.
    func reading(of route: String) -> Int { state.withLock { $0.readings[route] ?? 0 } }

    func adapter(of route: String) -> (any Adapter)? { state.withLock { $0.access[route]?.adapter } }
    func tokens(of route: String) -> TokenSource? { state.withLock { $0.access[route]?.tokens } }

    /// The route is paused.
    func close(_ route: String) { state.withLock { _ = $0.closed.insert(route) } }

    /// The route is not paused. Where it was, its operator may have put another key in place: it is read once more.
    func open(_ route: String) {
        if state.withLock({ $0.closed.remove(route) }) != nil { reload(route) }
    }

    /// Reads every key and token once more.
    package func reload() {
        for route in state.withLock({ Array($0.access.keys) }) { reload(route) }
    }

    private func reload(_ route: String) {
        let access = read(route)
        state.withLock { state in
            state.streaks[route] = nil
            state.readings[route, default: 0] += 1
            if let access { state.access[route] = access }
        }
    }

    /// Counts the end of a call; gives the reason to pause its route where the run of refusals is long enough.
    func take(_ verdict: Providers.Verdict, of route: String, job: String) -> ReasonCode? {
        let now = Monotonic.milliseconds()
        return state.withLock { $0.streaks[route, default: RouteStreak()].take(verdict, job: job, now: now) }
    }
}

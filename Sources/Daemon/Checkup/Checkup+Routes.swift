import Disk
import Domain
import Ledger
import Providers
import Settings

extension Checkup {
    /// Of each route what can be known without a call.
    func routeFindings(_ pauses: [RoutePause]) -> [Finding] {
        routes.flatMap { route in
            [endpoint(of: route), key(of: route), prices(of: route), lifecycle(of: route), privacy(of: route)]
                .compactMap { $0 }
                + [state(of: route, pauses)]
        }
    }

    /// What a fault of this route means: the default one is the way of most jobs.
    private func fault(_ route: Route, _ name: String, _ message: String, remedy: String) -> Finding {
        Finding(
            name: "routes.\(route.name).\(name)", level: route.name == configuration.defaultRoute ? .error : .warning,
            message: message, remedy: remedy)
    }

    private func endpoint(of route: Route) -> Finding? {
        guard let endpoint = route.endpoint else { return nil }
        if endpoint.contains("RESOURCE") {
            return fault(
                route, "endpoint", "RESOURCE stands for the name of your own resource",
                remedy: "put the resource's name into models.\(route.name).endpoint")
        }
        let way = endpoint.hasPrefix("https://") ? "https" : "plain http on this machine"
        return .ok("routes.\(route.name).endpoint", "\(route.provider.rawValue) is reached by \(way)")
    }

    /// A key that cannot be read keeps the daemon from starting, whichever route it belongs to.
    private func key(of route: Route) -> Finding? {
        guard let source = route.key, !source.isToken else { return nil }
        let name = "routes.\(route.name).key"
        do throws(ConfigurationError) {
            _ = try source.read()
        } catch {
            return .error(
                name, error.faults.joined(separator: "; ") + ": the daemon does not start",
                remedy: source.remedy(for: route))
        }
        if case .file(let path) = source, let info = (try? Files.info(path)) ?? nil, info.mode & 0o020 != 0 {
            return .warning(name, "a group may change the key: file \(path)", remedy: "chmod 600 \(path)")
        }
        return .ok(name, "there is a key: \(source)")
    }

    private func prices(of route: Route) -> Finding? {
        guard route.provider != .simulator else { return nil }
        let name = "routes.\(route.name).prices"
        let day = route.capability.prices.asOf
        if route.override.prices != nil { return .ok(name, "prices are those of the configuration") }
        let now = Timestamp(milliseconds: Monotonic.wall())
        guard let then = Timestamp(day: day), now.since(then) > .hours(24 * 180) else {
            return .ok(name, "prices are those of \(day)")
        }
        return .warning(
            name, "prices are those of \(day), half a year old: estimates and budgets may be off",
            remedy: "compare them with the provider's list; capability.prices corrects them")
    }

    private func state(of route: Route, _ pauses: [RoutePause]) -> Finding {
        let name = "routes.\(route.name).state"
        let fallback = route.fallback.map { "; \($0) takes over what it can" } ?? ""
        guard let pause = pauses.first(where: { $0.route == route.name }) else {
            return .ok(name, "open\(fallback)")
        }
        let until = pause.until.map { "until \($0)" } ?? "until darkroom route resume \(route.name)"
        let message = "paused since \(pause.since) (\(pause.code.rawValue)), \(until)\(fallback)"
        let remedy = route.retirement?.remedy ?? pause.remedy
        // A daemon that is not running will begin without pauses.
        let isTheWay = route.name == configuration.defaultRoute && route.fallback == nil && isRunning
        return isTheWay ? .error(name, message, remedy: remedy) : .warning(name, message, remedy: remedy)
    }

    /// Days before its end from which a family is warned of.
    private static let warnedDays: Int64 = 90

    /// What is known of the end of the route's model family.
    private func lifecycle(of route: Route) -> Finding? {
        guard let found = route.lifecycle else { return nil }
        let name = "routes.\(route.name).lifecycle"
        if route.retirement != nil {
            return fault(
                route, "lifecycle", "the model family \(route.family) has ended: \(found.sentence)",
                remedy: found.remedy)
        }
        let now = Timestamp(milliseconds: Monotonic.wall())
        if let day = found.day.flatMap({ Timestamp(day: $0) }), day.since(now) > .hours(24 * Self.warnedDays) {
            return .ok(name, "\(route.family): \(found.sentence)")
        }
        return .warning(name, "\(route.family): \(found.sentence)", remedy: found.remedy + ", after a trial")
    }

    /// What a provider is asked for and nothing establishes that it does it.
    private func privacy(of route: Route) -> Finding? {
        guard route.provider == .openRouter else { return nil }
        return .warning(
            "routes.\(route.name).privacy",
            "requests say data_collection: deny; that OpenRouter obeys it for pictures is unproven: "
                + "no machine-readable list of its image API names the field",
            remedy: "set a zero-retention guardrail for the account at OpenRouter, which binds every request")
    }

    // MARK: tokens

    /// Gets a token for each route that takes one: a command is run as the daemon would run it.
    func tokenFindings() async -> [Finding] {
        var findings: [Finding] = []
        for route in routes {
            guard let source = route.key, source.isToken else { continue }
            let name = "key"
            do throws(ConfigurationError) {
                _ = try await TokenSource(source).token()
                findings.append(.ok("routes.\(route.name).\(name)", "a token was got now: \(source)"))
            } catch {
                findings.append(
                    fault(
                        route, name, "no token was got now: " + error.faults.joined(separator: "; "),
                        remedy: source.remedy(for: route)))
            }
        }
        return findings
    }
}

extension KeySource {
    /// What to do when it gives nothing.
    fileprivate func remedy(for route: Route) -> String {
        switch self {
        case .credential(let name):
            "give the unit LoadCredential=\(name):/etc/darkroom/\(name), and run doctor inside it: "
                + "systemd-run -P -p LoadCredential=\(name):/etc/darkroom/\(name) darkroom doctor"
        case .file(let path): "put the key into \(path), owned by the user that runs Darkroom, mode 600"
        case .environment(let name): "set \(name) where Darkroom is started, or use a file or a credential"
        case .tokenCommand(let words):
            "run \(words.first ?? "the command") by hand as the user that runs Darkroom, with nothing but PATH and HOME set"
        case .tokenFile(let path): "see that whatever keeps \(path) up to date runs; owner only, mode 600"
        }
    }
}

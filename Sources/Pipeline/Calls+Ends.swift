import Disk
import Domain
import Journal
import Ledger
import Providers
import Settings
import Transport

/// What follows a call, or the want of one: the next state of its output, a route that pauses, another that takes over.
extension Calls {
    func ended(
        _ verdict: Verdict, _ effect: EffectRecord, _ output: OutputRecord, billed: Billed, fault: String?,
        changes: [Change]
    ) async throws -> End {
        var (verdict, effect, output, billed) = (verdict, effect, output, billed)
        let known = try await lookedUp(verdict, effect)
        // A failed call that cost nothing is repeated as one whose failure came as an answer.
        if known == .free { (verdict.callClass, billed) = (.serverError, .no) }
        var isPaid = false
        if case .billed(let cost) = known {
            (effect.cost, effect.costSource, billed) = (cost, "usage", .yes)
            isPaid = true
        }
        let before = try await shop.ledger.effects(of: job.id).filter { other in
            other.output == output.index && other.id != effect.id
        }
        func count(_ classes: CallClass...) -> Int {
            before.filter { $0.route == effect.route && classes.map(\.rawValue).contains($0.callClass ?? "") }.count
        }
        let tries = count(.serverError, .overloaded, .notSent)
        let decision = CallDecision(
            faultsBefore: tries, unknownBefore: count(.outcomeUnknown),
            // Who lets a call be repeated that may have been paid for does not ask for one that was.
            repeatsUnknown: route.onUnknown == .retryOnce && !isPaid, requestsPerMinute: route.requestsPerMinute,
            chance: Double.random(in: 0..<1))
        let action = decision.next(after: verdict)
        Self.book(verdict, billed, &effect)
        output.billed = billed
        var end = Self.carry(out: action, &effect, &output)
        if isPaid, effect.state == .unknown {
            output.reason?.hint = "it was billed: release pays for another one, or give up the job"
        }
        var fellBack: FallenBack?
        let isTokenRefused = verdict.callClass == .auth && mayRenewToken && shop.tokens[route.name] != nil
        let isFree = billed == .no && before.allSatisfy { $0.billed == .no }
        if isTokenRefused {
            (output.state, output.reason, end) = (.pending, nil, .tokenRefused)
        } else if Fallback.takesOver(from: action, tries: tries, isFree: isFree) {
            fellBack = try await takeOver(&output, because: output.reason)
            if fellBack != nil { end = .fellBack(output.index) }
        }
        var facts = ["output": String(output.index), "class": verdict.callClass.rawValue, "billed": billed.rawValue]
        facts["fault"] = fault
        if !verdict.moderation.isEmpty {
            facts["moderation"] = verdict.moderation.map(\.rawValue).joined(separator: " ")
        }
        facts["call"] = effect.id
        try await shop.recorder.write(
            job.hold, nil, [.effect(effect), .output(output)] + changes,
            LedgerEvent("call.ended", job: job.id, facts))
        if !isTokenRefused { try await pauseRoute(verdict.callClass, after: action) }
        if let fellBack { await say(fellBack, output) }
        return end
    }

    /// What is known of the call's end and of its money.
    private static func book(_ verdict: Verdict, _ billed: Billed, _ effect: inout EffectRecord) {
        effect.callClass = verdict.callClass.rawValue
        effect.billed = billed
        effect.requestID = verdict.requestID
        if billed == .no { (effect.cost, effect.costSource) = (0, "none") }
    }

    /// What follows for the call and its output, as long as nobody else takes over.
    private static func carry(
        out action: NextAction, _ effect: inout EffectRecord, _ output: inout OutputRecord
    ) -> End {
        switch action {
        case .take:
            effect.state = .answered
            return .ended
        case .fail(let reason):
            effect.state = .failed
            (output.state, output.reason) = (.failed, reason)
            return .ended
        case .wait(let span, let reason):
            effect.state = effect.callClass == CallClass.outcomeUnknown.rawValue ? .unknown : .failed
            (output.state, output.reason) = (.pending, reason)
            return .wait(span, reason)
        case .hold(let reason):
            effect.state = .unknown
            (output.state, output.reason) = (.unknown, reason)
            return .ended
        }
    }

    // MARK: pauses

    /// How long a job waits for a paused route that does not go on by itself, before it looks again.
    private static let pauseLook = Span.minutes(15)

    /// The end of a call that is not made, where the route is paused. A model that is gone keeps only those from a call who have
    /// another one: the others are to fail.
    func pausedEnd(_ output: OutputRecord) async throws -> End? {
        guard let pause = try await shop.ledger.pauses().first(where: { $0.route == route.name }) else { return nil }
        let now = try await shop.ledger.now()
        let wait = pause.until.map { max(.seconds(1), $0.since(now)) } ?? Self.pauseLook
        let reason = Reason(
            pause.code, "the route \(route.name) is paused",
            hint: pause.until == nil ? "mend the account or the key, then start the daemon again" : nil)
        let isFree = try await shop.ledger.effects(of: job.id).allSatisfy { effect in
            effect.output != output.index || effect.billed == .no
        }
        var moved = output
        moved.reason = reason
        guard Fallback.takesOver(fromPause: pause.code, isFree: isFree),
            let fellBack = try await takeOver(&moved, because: reason)
        else { return pause.code == .modelNotFound ? nil : .wait(wait, reason) }
        try await shop.ledger.write(job.hold, nil, [.output(moved)])
        await say(fellBack, moved)
        return .fellBack(output.index)
    }

    /// How long a route rests that no token could be got for; longer than a drain waits.
    private static let tokenRest = Span.minutes(2)

    /// No token, no call: the route rests, and goes on by itself.
    func tokenless(_ output: OutputRecord, _ error: ConfigurationError) async throws -> End {
        shop.recorder.log.error(
            "no access token could be got", ["route": route.name, "why": error.faults.joined(separator: "; ")])
        let now = try await shop.ledger.now()
        let until = now.after(Self.tokenRest)
        try await shop.ledger.pause(RoutePause(route: route.name, code: .auth, since: now, until: until))
        await shop.recorder.record("route.paused", nil, ["route": route.name, "class": CallClass.auth.rawValue])
        return try await pausedEnd(output)
            ?? .wait(Self.tokenRest, Reason(.auth, "no access token could be got for the route \(route.name)"))
    }

    /// Keeps the next jobs from a refusal that this one met: only one job pays for it.
    private func pauseRoute(_ callClass: CallClass, after action: NextAction) async throws {
        let now = try await shop.ledger.now()
        switch (callClass, action) {
        case (.auth, .fail(let reason)), (.permission, .fail(let reason)), (.accountBlocked, .fail(let reason)):
            try await shop.ledger.pause(RoutePause(route: route.name, code: reason.code, since: now, until: nil))
        case (_, .wait(let span, let reason)) where reason.code == .quotaExhausted:
            try await shop.ledger.pause(
                RoutePause(route: route.name, code: reason.code, since: now, until: now.after(span)))
        case (.modelNotFound, .fail(let reason)) where route.fallback != nil:
            try await shop.ledger.pause(
                RoutePause(route: route.name, code: reason.code, since: now, until: now.after(Self.pauseLook)))
        default: return
        }
        await shop.recorder.record("route.paused", nil, ["route": route.name, "class": callClass.rawValue])
    }

    // MARK: fallback

    /// An output that another route takes over.
    struct FallenBack {
        let route: String
        let reason: ReasonCode
    }

    /// Gives the output to the next route of the chain that is open and can do the job; nil where there is none. What cannot be
    /// done there either is added to the reason.
    ///
    /// A route has an output at most once, so that no chain comes back.
    private func takeOver(_ output: inout OutputRecord, because reason: Reason?) async throws -> FallenBack? {
        guard let reason else { return nil }
        let paused = try await shop.ledger.pauses().map(\.route)
        var seen = Set([job.route] + output.fallbacks)
        var next = route.fallback
        while let name = next, seen.insert(name).inserted, let candidate = shop.configuration.routes[name] {
            next = candidate.fallback
            if paused.contains(name) { continue }
            do throws(Reason) {
                try shop.configuration.checkReceiver(of: candidate, for: spec)
                try checkCost(of: try shop.plan(spec, on: candidate, references: job.referenceSizes))
                output.state = .pending
                output.reason = nil
                output.fallbacks.append(name)
                return FallenBack(route: name, reason: reason.code)
            } catch {
                let refusal = "its fallback \(name) can not do this job (\(error.code.rawValue)"
                let field = error.field.map { ", \($0)" } ?? ""
                let hints = [output.reason?.hint, refusal + field + ")"].compactMap { $0 }
                output.reason?.hint = hints.joined(separator: "; ")
                await shop.recorder.record(
                    "call.fallback_unable", job.id,
                    [
                        "output": String(output.index), "route": route.name, "fallback": name,
                        "reason": error.code.rawValue, "field": error.field ?? "",
                    ])
            }
        }
        return nil
    }

    /// All outputs together must fit what one job may cost, at the fallback's prices as at the route's own.
    private func checkCost(of plan: CallPlan) throws(Reason) {
        let cost = plan.estimate * Int64(spec.count)
        guard let most = limits.perJob, cost > most else { return }
        throw Reason(.overBudget, "the job may cost more than it may", limit: Money.text(most), value: Money.text(cost))
    }

    private func say(_ fellBack: FallenBack, _ output: OutputRecord) async {
        await shop.recorder.record(
            "call.fell_back", job.id,
            [
                "output": String(output.index), "from": route.name, "to": fellBack.route,
                "reason": fellBack.reason.rawValue,
            ])
    }
}

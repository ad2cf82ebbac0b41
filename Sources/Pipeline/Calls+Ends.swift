import Disk
package import Domain
import Journal
package import Ledger
import Providers
package import Settings
import Transport

/// What follows a call, or the want of one: the next state of its output, a route that pauses, another that takes over.
extension Calls {
    func ended(
        _ verdict: Verdict, _ effect: EffectRecord, _ output: OutputRecord, fault: String?, changes: [Change]
    ) async throws -> End {
        var (verdict, effect, output) = (verdict, effect, output)
        let known = try await lookedUp(verdict, effect)
        // A failed call that cost nothing is repeated as one whose failure came as an answer.
        if known == .free { (verdict.callClass, verdict.billed) = (.serverError, .no) }
        var isPaid = false
        if case .billed(let cost) = known {
            verdict.bill = Bill(cost: cost)
            isPaid = true
        }
        let charge = Charge(
            verdict.bill, billed: verdict.billed, drew: output.state == .answered, estimate: effect.cost,
            of: route.capability)
        let billed = charge.billed
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
        Self.book(verdict, charge, &effect)
        output.billed = billed
        var end = Self.carry(out: action, &effect, &output)
        if isPaid, effect.state == .unknown {
            output.reason?.hint = "it was billed: release pays for another one, or give up the job"
        }
        var fellBack: FallenBack?
        let isTokenRefused = verdict.callClass == .auth && mayRenewToken && shop.routes.tokens(of: route.name) != nil
        let isFree = billed == .no && before.allSatisfy { $0.billed == .no }
        if isTokenRefused {
            (output.state, output.reason, end) = (.pending, nil, .tokenRefused)
        } else if Fallback.takesOver(from: action, tries: tries, isFree: isFree) {
            fellBack = try await takeOver(&output, because: output.reason)
            if fellBack != nil { end = .fellBack(output.index) }
        }
        var facts = ["output": String(output.index), "class": verdict.callClass.rawValue, "billed": billed.rawValue]
        facts["route"] = effect.route
        // What `audit verify` holds the ledger's sums against.
        facts["micro_usd"] = String(effect.cost)
        facts["cost_source"] = effect.costSource
        facts["fault"] = fault ?? verdict.oddity?.rawValue
        if !verdict.moderation.isEmpty {
            facts["moderation"] = verdict.moderation.map(\.rawValue).joined(separator: " ")
        }
        facts["call"] = effect.id
        try await shop.recorder.write(
            job.hold, nil, [.effect(effect), .output(output)] + changes,
            LedgerEvent("call.ended", job: job.id, facts))
        if charge.isDoubted { await sayDoubted(effect) }
        if !isTokenRefused, isOfNewestKey(output) { try await pauseRoute(verdict, after: action) }
        if let fellBack { await say(fellBack, output) }
        return end
    }

    /// What is known of the call's end and of its money.
    private static func book(_ verdict: Verdict, _ charge: Charge, _ effect: inout EffectRecord) {
        effect.callClass = verdict.callClass.rawValue
        effect.billed = charge.billed
        effect.requestID = verdict.requestID
        (effect.cost, effect.costSource) = (charge.cost, charge.source.rawValue)
    }

    /// An answer said something of its cost that cannot be: the operator should know, as budgets hang on it.
    private func sayDoubted(_ effect: EffectRecord) async {
        await shop.recorder.record(
            LedgerEvent(
                "call.usage_doubted", job: job.id,
                ["output": String(effect.output), "route": effect.route, "booked_micro_usd": String(effect.cost)]),
            level: .warning)
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

    /// The end of a call that is not made, where the route is paused.
    ///
    /// A model that is gone keeps only those from a call who have another one: the others are to fail. A family that its provider
    /// has ended is never called.
    func pausedEnd(_ output: OutputRecord) async throws -> End? {
        guard let pause = try await shop.ledger.pauses().first(where: { $0.route == route.name }) else {
            shop.routes.open(route.name)
            return nil
        }
        shop.routes.close(route.name)
        let now = try await shop.ledger.now()
        let wait = pause.until.map { max(.seconds(1), $0.since(now)) } ?? Self.pauseLook
        let reason = pause.reason(retirement: route.retirement)
        let isFree = try await shop.ledger.effects(of: job.id).allSatisfy { effect in
            effect.output != output.index || effect.billed == .no
        }
        var moved = output
        moved.reason = reason
        guard Fallback.takesOver(fromPause: pause.code, isFree: isFree),
            let fellBack = try await takeOver(&moved, because: reason)
        else {
            guard pause.code == .modelNotFound else { return .wait(wait, reason) }
            if route.retirement == nil { return nil }
            try await fail(output, reason)
            return .ended
        }
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
        let pause = RoutePause(route: route.name, code: .auth, since: now, until: until)
        try await shop.ledger.pause(pause)
        await shop.recorder.record(
            LedgerEvent("route.paused", ["route": route.name, "class": pause.code.rawValue, "remedy": pause.remedy]),
            level: .error)
        return try await pausedEnd(output)
            ?? .wait(Self.tokenRest, Reason(.auth, "no access token could be got for the route \(route.name)"))
    }

    /// Keeps the next jobs from what this one met: only one job pays for it.
    private func pauseRoute(_ verdict: Verdict, after action: NextAction) async throws {
        let now = try await shop.ledger.now()
        // In any case: what the route's own run of refusals says hangs on every end.
        let streak = shop.routes.take(verdict, of: route.name, job: job.id)
        var pause: RoutePause?
        switch (verdict.callClass, action) {
        case (.permission, _) where verdict.isDoubtful, (.badResponse, _): break
        case (.auth, .fail(let reason)), (.permission, .fail(let reason)), (.accountBlocked, .fail(let reason)):
            pause = RoutePause(route: route.name, code: reason.code, since: now, until: nil)
        case (_, .wait(let span, let reason)) where reason.code == .quotaExhausted:
            pause = RoutePause(route: route.name, code: reason.code, since: now, until: now.after(span))
        case (.modelNotFound, .fail(let reason)) where route.fallback != nil:
            pause = RoutePause(route: route.name, code: reason.code, since: now, until: now.after(Self.pauseLook))
        default: break
        }
        if pause == nil, let code = streak {
            pause = RoutePause(route: route.name, code: code, since: now, until: nil)
        }
        guard let pause else { return }
        try await shop.ledger.pause(pause)
        await shop.recorder.record(
            LedgerEvent(
                "route.paused",
                ["route": route.name, "class": pause.code.rawValue, "remedy": pause.remedy]),
            level: .error)
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
        let cost = plan.estimate.multipliedReportingOverflow(by: Int64(spec.count)).partialValue
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

extension RoutePause {
    /// Why a job of the route waits, or fails where its model's family has ended.
    ///
    /// - Parameter retirement: the end of the family, where that is the cause.
    package func reason(retirement: Retirement?) -> Reason {
        guard code == .modelNotFound, let retirement else {
            return Reason(code, "the route \(route) is paused", hint: until == nil ? remedy : nil)
        }
        return Reason(
            code, "the model family of the route \(route) has ended: \(retirement.sentence)", field: "model",
            hint: retirement.remedy)
    }
}

import Documents
import Domain

// Records to rows and back; the only place that names columns of a whole record.

extension JobRecord {
    static let columns = [
        "id", "requested_id", "claim_token", "state", "fence", "owner", "lease_until", "run_after", "waiting",
        "priority", "route", "accepted_at", "started_at", "settled_at", "inputs_delete_by", "inputs_deleted_at",
        "retain_inputs", "retain_outputs", "profile_id", "profile_hash", "subject_ref", "origin_node", "content_ref",
        "count", "reference_count", "input_bytes", "removed", "reference_sizes", "spec_blob", "staged", "reason",
        "simulated", "duplicate_of", "reopened", "credits", "may_save", "party", "batch",
        "visibility", "protect", "plan", "plan_age", "plan_count", "plan_bytes", "plan_notice", "history",
        "waiting_reason",
    ]

    var values: [Database.Value] {
        [
            .text(id), .init(requestedID), .text(claimToken), .text(state.rawValue), .integer(fence), .init(owner),
            .init(leaseUntil?.milliseconds), .integer(runAfter.milliseconds), .init(waiting?.rawValue),
            .init(priority), .text(route), .integer(acceptedAt.milliseconds), .init(startedAt?.milliseconds),
            .init(settledAt?.milliseconds), .integer(inputsDeleteBy.milliseconds),
            .init(inputsDeletedAt?.milliseconds), .integer(retainInputs.milliseconds),
            .init(retainOutputs?.milliseconds), .text(profileID), .text(profileHash), .init(subjectRef),
            .text(originNode), .text(contentRef), .init(count), .init(referenceCount), .integer(inputBytes),
            .text(removed.joined(separator: " ")), .text(Self.text(of: referenceSizes)), .init(specBlob),
            .init(staged?.rawValue), .init(reason?.json.compact), .integer(simulated ? 1 : 0), .init(duplicateOf),
            .init(reopened), .integer(creditsPerOutput), .integer(maySave ? 1 : 0),
            .init(party ?? subjectRef), .init(batch?.description), .text(visibility.rawValue),
            .integer(isProtected ? 1 : 0),
        ] + keepingValues
    }

    init?(_ row: Database.Row) {
        guard let id = row["id"].text, let claimToken = row["claim_token"].text,
            let state = row["state"].text.flatMap(JobState.init(rawValue:)), let route = row["route"].text,
            let accepted = Timestamp(row["accepted_at"]), let deleteBy = Timestamp(row["inputs_delete_by"])
        else { return nil }
        self.init(
            id: id, claimToken: claimToken, route: route, acceptedAt: accepted, inputsDeleteBy: deleteBy,
            retainInputs: Span(milliseconds: row["retain_inputs"].integer ?? 0),
            priority: Int(row["priority"].integer ?? 0), count: Int(row["count"].integer ?? 1),
            profileID: row["profile_id"].text ?? "", profileHash: row["profile_hash"].text ?? "",
            originNode: row["origin_node"].text ?? "", contentRef: row["content_ref"].text ?? "",
            referenceCount: Int(row["reference_count"].integer ?? 0), inputBytes: row["input_bytes"].integer ?? 0)
        self.state = state
        requestedID = row["requested_id"].text
        fence = row["fence"].integer ?? 0
        owner = row["owner"].text
        leaseUntil = Timestamp(row["lease_until"])
        runAfter = Timestamp(row["run_after"]) ?? accepted
        waiting = row["waiting"].text.flatMap(ReasonCode.init(rawValue:))
        waitingReason = Reason(stored: row["waiting_reason"])
        startedAt = Timestamp(row["started_at"])
        settledAt = Timestamp(row["settled_at"])
        inputsDeletedAt = Timestamp(row["inputs_deleted_at"])
        retainOutputs = row["retain_outputs"].integer.map(Span.init(milliseconds:))
        subjectRef = row["subject_ref"].text
        removed = (row["removed"].text ?? "").split(separator: " ").map(String.init)
        referenceSizes = Self.sizes(of: row["reference_sizes"].text ?? "")
        specBlob = row["spec_blob"].text
        staged = row["staged"].text.flatMap(Outcome.init(rawValue:))
        reason = Reason(stored: row["reason"])
        simulated = row["simulated"].integer == 1
        duplicateOf = row["duplicate_of"].text
        reopened = Int(row["reopened"].integer ?? 0)
        creditsPerOutput = row["credits"].integer ?? 0
        maySave = row["may_save"].integer == 1
        party = row["party"].text
        batch = row["batch"].text.flatMap { BatchID($0) }
        visibility = row["visibility"].text.flatMap(Visibility.init(rawValue:)) ?? .private
        isProtected = row["protect"].integer == 1
        plan = Self.plan(row)
        history = row["history"].text.flatMap { HistoryTerm($0) }
    }

    /// Plan and history, and why it waits.
    var keepingValues: [Database.Value] {
        [
            .init(plan?.name), .init(plan?.age?.milliseconds), .init(plan?.count), .init(plan?.bytes),
            .init(plan?.notice.milliseconds), .init(history?.description), .init(waitingReason?.json.compact),
        ]
    }

    private static func plan(_ row: Database.Row) -> PlanTerms? {
        guard let name = row["plan"].text else { return nil }
        var terms = PlanTerms(name: name)
        terms.age = row["plan_age"].integer.map(Span.init(milliseconds:))
        terms.count = row["plan_count"].integer.map(Int.init)
        terms.bytes = row["plan_bytes"].integer
        terms.notice = row["plan_notice"].integer.map(Span.init(milliseconds:)) ?? terms.notice
        return terms
    }

    static func text(of sizes: [PixelSize]) -> String { sizes.map(\.description).joined(separator: " ") }

    private static func sizes(of text: String) -> [PixelSize] {
        text.split(separator: " ").compactMap { pair in
            let sides = pair.split(separator: "x").compactMap { Int($0) }
            return sides.count == 2 ? PixelSize(width: sides[0], height: sides[1]) : nil
        }
    }
}

extension OutputRecord {
    static let columns = [
        "job", "position", "state", "reason", "billed", "file", "width", "height", "format", "bytes", "sha256",
        "expires_at", "deleted_at", "fallbacks", "saved", "rule",
        "tell_at",
    ]

    var values: [Database.Value] {
        [
            .text(job), .init(index), .text(state.rawValue), .init(reason?.json.compact), .text(billed.rawValue),
            .init(file), .init(size?.width), .init(size?.height), .init(format), .init(bytes), .init(sha256),
            .init(expiresAt?.milliseconds), .init(deletedAt?.milliseconds), .text(fallbacks.joined(separator: " ")),
            .integer(isSaved ? 1 : 0), .init(rule?.rawValue), .init(tellAt?.milliseconds),
        ]
    }

    init?(_ row: Database.Row) {
        guard let job = row["job"].text, let index = row["position"].integer,
            let state = row["state"].text.flatMap(OutputState.init(rawValue:))
        else { return nil }
        self.init(job: job, index: Int(index))
        self.state = state
        reason = Reason(stored: row["reason"])
        billed = row["billed"].text.flatMap(Billed.init(rawValue:)) ?? .possible
        file = row["file"].text
        if let width = row["width"].integer, let height = row["height"].integer {
            size = PixelSize(width: Int(width), height: Int(height))
        }
        format = row["format"].text
        bytes = row["bytes"].integer
        sha256 = row["sha256"].text
        expiresAt = Timestamp(row["expires_at"])
        deletedAt = Timestamp(row["deleted_at"])
        fallbacks = (row["fallbacks"].text ?? "").split(separator: " ").map(String.init)
        isSaved = row["saved"].integer == 1
        rule = row["rule"].text.flatMap(ExpiryRule.init(rawValue:))
        tellAt = Timestamp(row["tell_at"])
    }
}

extension EffectRecord {
    static let columns = [
        "id", "job", "output", "state", "route", "provider", "model", "request_id", "class", "billed", "cost",
        "cost_source", "http_status", "sent_at", "ended_at", "answer_blob", "day", "subject_ref",
        "fallback_from",
    ]

    var values: [Database.Value] {
        [
            .text(id), .text(job), .init(output), .text(state.rawValue), .text(route), .text(provider), .text(model),
            .init(requestID), .init(callClass), .text(billed.rawValue), .integer(cost), .text(costSource),
            .init(httpStatus), .integer(sentAt.milliseconds), .init(endedAt?.milliseconds), .init(answerBlob),
            .text(day), .init(subjectRef), .init(fallbackFrom),
        ]
    }

    init?(_ row: Database.Row) {
        guard let id = row["id"].text, let job = row["job"].text, let output = row["output"].integer,
            let state = row["state"].text.flatMap(State.init(rawValue:)), let sent = Timestamp(row["sent_at"])
        else { return nil }
        self.init(
            id: id, job: job, output: Int(output), route: row["route"].text ?? "", provider: row["provider"].text ?? "",
            model: row["model"].text ?? "", cost: min(max(0, row["cost"].integer ?? 0), Self.mostCost), sentAt: sent)
        self.state = state
        requestID = row["request_id"].text
        callClass = row["class"].text
        billed = row["billed"].text.flatMap(Billed.init(rawValue:)) ?? .possible
        costSource = row["cost_source"].text ?? "estimate"
        httpStatus = row["http_status"].integer.map(Int.init)
        endedAt = Timestamp(row["ended_at"])
        answerBlob = row["answer_blob"].text
        day = row["day"].text ?? ""
        subjectRef = row["subject_ref"].text
        fallbackFrom = row["fallback_from"].text
    }
}

extension BlobRecord {
    static let columns = ["id", "job", "kind", "position", "bytes", "media_type"]

    var values: [Database.Value] {
        [.text(id), .text(job), .text(kind.rawValue), .init(position), .integer(bytes), .init(mediaType)]
    }

    init?(_ row: Database.Row) {
        guard let id = row["id"].text, let job = row["job"].text,
            let kind = row["kind"].text.flatMap(Kind.init(rawValue:))
        else { return nil }
        self.init(
            id: id, job: job, kind: kind, position: Int(row["position"].integer ?? 0),
            bytes: row["bytes"].integer ?? 0, mediaType: row["media_type"].text)
    }
}

extension Timestamp {
    init?(_ value: Database.Value) {
        guard let milliseconds = value.integer else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

extension Reason {
    init?(stored: Database.Value) {
        guard let text = stored.text, let json = try? JSONParser.parse(text) else { return nil }
        self.init(json: json)
    }
}

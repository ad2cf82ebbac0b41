import Daemon
import Digests
import Disk
import Documents
import Domain
import Intake
import Journal
import Ledger
import Policies
import Settings

extension Program {
    static let accountVerb = Verb(
        name: "account", summary: "credits of a subject, where the policy uses them; check looks whether all add up",
        arguments: "credit|balance|history SUBJECT, or check", words: 1...2,
        choices: ["credit", "balance", "history", "check"],
        options: [
            Option("--amount", "N", "credits to give; negative takes back what is free"),
            Option("--expires", "WHEN", "their end: 90d, 2026-12-31 (with that day, UTC) or never; else the policy's"),
            Option("--id", "KEY", "of this credit: given again under it, nothing is given twice"),
            Option("--limit", "N", "at most so many lines of history (100)"), .json,
        ],
        examples: [
            "darkroom account credit user-42 --amount 20 --expires 90d --id order-1234",
            "darkroom account balance user-42", "darkroom account history user-42 --json", "darkroom account check",
        ]
    ) { invocation throws(CommandError) in
        let order = try AccountOrder(invocation)
        let configuration = try invocation.configuration()
        let stores = try invocation.stores(configuration)
        switch order.action {
        case .credit: return try await credit(order, stores, configuration)
        case .balance:
            let balance = try await JobListing.read { () throws(LedgerError) in
                try await stores.ledger.creditBalance(of: try await order.reference(in: stores))
            }
            print(balance, more: [], order)
        case .history:
            let history = try await JobListing.read { () throws(LedgerError) in
                try await stores.ledger.creditHistory(of: try await order.reference(in: stores), limit: order.limit)
            }
            print(history, order)
        case .check:
            let faults = try await JobListing.read { () throws(LedgerError) in try await stores.ledger.creditFaults() }
            print(faults, order)
            return (faults.isEmpty ? ExitCode.fine : .notAllWell).rawValue
        }
        return ExitCode.fine.rawValue
    }

    // MARK: credit

    private static func credit(
        _ order: AccountOrder, _ stores: Stores, _ configuration: Configuration
    ) async throws(CommandError) -> Int32 {
        guard let rules = configuration.policy.credits else {
            throw CommandError(
                .configuration, "the policy \"\(configuration.policy.id)\" uses no credits",
                hint: "name a policy's file with credits in the configuration")
        }
        let (answer, balance) = try await JobListing.read { () throws(LedgerError) in
            let reference = try await order.reference(in: stores)
            let grant = CreditGrant(
                subjectRef: reference, amount: order.amount,
                expiresAt: order.expiry.moment(from: try await stores.ledger.now(), policy: rules.expire),
                key: order.key, policy: configuration.profile)
            let answer = try await stores.ledger.credit(grant)
            return (answer, try await stores.ledger.creditBalance(of: reference))
        }
        switch answer {
        case .entered:
            await stores.recorder.record("account.credited", nil, ["credits": String(order.amount)])
        case .repeated:
            if !order.wantsJSON { Console.remark("this was entered before under the same id: nothing was given twice") }
        case .keyTaken:
            throw CommandError(
                .data, "something else was entered under this id", hint: "an id belongs to one amount of one subject")
        case .moreThanFree(let free):
            throw CommandError(.notAllWell, "only \(free) credits are free, and no more can be taken back")
        case .tooMany:
            throw CommandError(.data, "no subject is given more than \(CreditGrant.mostOfSubject) credits")
        }
        print(
            balance,
            more: [
                .init(key: "entered", value: .integer(answer == .entered ? order.amount : 0)),
                .init(key: "repeated", value: .bool(answer == .repeated)),
            ], order)
        return ExitCode.fine.rawValue
    }

    // MARK: what is printed

    private static func print(_ balance: CreditBalance, more: [JSONValue.Member], _ order: AccountOrder) {
        let next = balance.expiringNext
        guard order.wantsJSON else {
            return Console.print(
                Console.table([
                    ["free", String(balance.free)], ["reserved", String(balance.reserved)],
                    ["spent", String(balance.spent)], ["expired", String(balance.expired)],
                    ["expiring next", next.map { "\($0.amount) at \($0.at)" } ?? "none"],
                ]))
        }
        let document = JSONValue.fields([
            "schema": "darkroom.account/1", "free": .integer(balance.free), "reserved": .integer(balance.reserved),
            "spent": .integer(balance.spent), "expired": .integer(balance.expired),
            "expiring_next": next.map { next in
                .fields(["credits": .integer(next.amount), "at": .string(next.at.description)])
            },
        ])
        Console.print(.object((document.members ?? []) + more))
    }

    private static func print(_ history: [CreditMovement], _ order: AccountOrder) {
        if order.wantsJSON {
            return Console.print(
                .fields([
                    "schema": "darkroom.account-history/1", "movements": .array(history.map(document)),
                ]))
        }
        if history.isEmpty { return Console.remark("no credits yet") }
        let rows = history.map { movement in
            [
                String(movement.at.description.prefix(19)) + "Z", movement.kind.rawValue, String(movement.amount),
                String(movement.free), movement.job.map { "\($0):\(movement.output ?? 1)" } ?? "-",
            ]
        }
        Console.print(Console.table([["AT", "WHAT", "CREDITS", "FREE AFTER", "OUTPUT"]] + rows))
    }

    private static func document(_ movement: CreditMovement) -> JSONValue {
        .fields([
            "number": .integer(movement.number), "at": .string(movement.at.description),
            "kind": .string(movement.kind.rawValue), "credits": .integer(movement.amount),
            "free_after": .integer(movement.free), "job": .text(movement.job),
            "output": movement.output.map { .integer($0) },
            "policy": movement.policyID.isEmpty
                ? nil : .fields(["id": .string(movement.policyID), "sha256": .string(movement.policyHash)]),
            "entries": .array(
                movement.entries.map { entry in
                    .fields([
                        "account": .string(entry.account.rawValue), "lot": .integer(entry.lot),
                        "credits": .integer(entry.amount),
                    ])
                }),
        ])
    }

    private static func print(_ faults: [CreditFault], _ order: AccountOrder) {
        if order.wantsJSON {
            Console.print(
                .fields([
                    "schema": "darkroom.account-check/1", "faults": .array(faults.map { .string($0.description) }),
                ]))
        } else {
            Console.print(
                (faults.isEmpty ? ["all credits add up"] : faults.map(\.description)).joined(separator: "\n") + "\n")
        }
    }
}

/// What was asked of `account`, checked.
private struct AccountOrder: Sendable {
    enum Action: String, CaseIterable {
        case credit, balance, history, check
    }

    /// When credits that are given end.
    enum Expiry {
        case asPolicy, never
        case after(Span)

        /// The moment on the age clock; nil is never.
        func moment(from now: Timestamp, policy: Span?) -> Timestamp? {
            switch self {
            case .asPolicy: policy.map { now.after($0) }
            case .never: nil
            case .after(let span): now.after(span)
            }
        }
    }

    let action: Action
    let subject: String
    let amount: Int64
    let expiry: Expiry
    let key: String
    let limit: Int
    let wantsJSON: Bool

    init(_ invocation: Invocation) throws(CommandError) {
        let word = invocation.words[0]
        guard let action = Action(rawValue: word) else {
            let known = Action.allCases.map(\.rawValue)
            throw CommandError(
                .usage, "account knows \(known.joined(separator: ", "))",
                hint: NearestName.of(word, among: known).map { "did you mean \($0)?" })
        }
        guard invocation.words.count == (action == .check ? 1 : 2) else {
            throw CommandError(
                .usage, action == .check ? "account check takes no subject" : "account \(word) takes one subject")
        }
        self.action = action
        subject = action == .check ? "" : invocation.words[1]
        guard action == .check || JobName.isValidSubject(subject) else {
            throw CommandError(.usage, "a subject is [A-Za-z0-9._:@-]{1,128}")
        }
        for (option, owner) in [
            ("--amount", Action.credit), ("--expires", .credit), ("--id", .credit), ("--limit", .history),
        ] where invocation.has(option) && action != owner {
            throw CommandError(.usage, "\(option) belongs to account \(owner.rawValue)")
        }
        amount = action == .credit ? try Self.amount(invocation.value("--amount")) : 0
        expiry = try Self.expiry(invocation.value("--expires"), amount: amount)
        key = try Self.key(invocation.value("--id"))
        limit = try Self.limit(invocation.value("--limit"))
        wantsJSON = invocation.wantsJSON
    }

    /// The subject as the ledger knows it.
    func reference(in stores: Stores) async throws(LedgerError) -> String {
        Acceptor.reference(
            to: subject, key: try await stores.ledger.installationSecret("subject-hash") { randomBytes(32) })
    }

    private static func amount(_ text: String?) throws(CommandError) -> Int64 {
        guard let text else { throw CommandError(.usage, "account credit needs --amount N") }
        guard let amount = Int64(text), amount != 0, (-CreditGrant.most...CreditGrant.most).contains(amount) else {
            throw CommandError(
                .usage, "--amount takes a whole number from 1 to \(CreditGrant.most), or the same with a minus")
        }
        return amount
    }

    private static func expiry(_ text: String?, amount: Int64) throws(CommandError) -> Expiry {
        guard let text else { return .asPolicy }
        if amount < 0 { throw CommandError(.usage, "what is taken back does not expire") }
        if text == "never" { return .never }
        if let span = Span(text), span > .zero { return .after(span) }
        if let day = Timestamp(day: text) {
            // The day belongs to it. Deadlines hang on the age clock, so the way there is what counts.
            let way = day.after(.hours(24)).since(Timestamp(milliseconds: Monotonic.wall()))
            guard way > .zero else { throw CommandError(.usage, "--expires \(text) is over") }
            return .after(way)
        }
        throw CommandError(.usage, "--expires takes a duration such as 90d, a day such as 2026-12-31, or never")
    }

    private static func key(_ text: String?) throws(CommandError) -> String {
        guard let text else { return randomUUID() }
        guard JobName.isValidID(text) else {
            throw CommandError(.usage, "--id takes [A-Za-z0-9._-]{1,100}, not starting with a dot")
        }
        return text
    }

    private static func limit(_ text: String?) throws(CommandError) -> Int {
        guard let text else { return 100 }
        guard let limit = Int(text), (1...1_000_000).contains(limit) else {
            throw CommandError(.usage, "--limit takes a whole number from 1 to 1000000")
        }
        return limit
    }
}

import Digests
import Disk
import Documents
package import Domain
import Journal
import Ledger
package import Spool

/// Requests as files: taken from `requests/` by one rename, done once, answered by one folder in `done/` or `failed/`.
///
/// What was taken stands in the private area under the answer's name and the request's id until the answer is there, so that a kill
/// at any moment leaves something to go on with, and never two requests.
package struct RequestDesk: Sendable {
    let office: RightsOffice
    let erasure: Erasure
    let package: ExportPackage
    let spool: SpoolFolders
    /// Who may ask.
    let group: UInt32
    /// How long a file must stay unchanged.
    let settle: Span

    package init(
        office: RightsOffice, erasure: Erasure, package: ExportPackage, spool: SpoolFolders, group: UInt32, settle: Span
    ) {
        self.office = office
        self.erasure = erasure
        self.package = package
        self.spool = spool
        self.group = group
        self.settle = settle
    }

    /// A file that was taken: what its answer is called, and the request's id.
    struct Taken: Sendable, Hashable {
        let answer: String
        let id: String

        var name: String { answer + "~" + id + RequestDesk.suffix }

        init(answer: String, id: String) {
            self.answer = answer
            self.id = id
        }

        /// Nil for what is no such file.
        init?(name: String) {
            let parts = name.dropLast(RequestDesk.suffix.count).split(separator: "~", omittingEmptySubsequences: false)
            guard name.hasSuffix(RequestDesk.suffix), parts.count == 2, JobName.isValidID(String(parts[0])),
                bytes(hexadecimal: String(parts[1])) != nil
            else { return nil }
            self.init(answer: String(parts[0]), id: String(parts[1]))
        }
    }

    static let suffix = ".json"

    /// Takes what is there, and goes on with all that was taken.
    package func look() async {
        do throws(RightsError) {
            try await take()
            for taken in try await taken() { await answer(taken) }
        } catch {
            office.recorder.log.error("requests could not be looked at", ["why": error.description])
        }
    }

    // MARK: taking

    private func take() async throws(RightsError) {
        let (spool, group, settle) = (spool, group, settle)
        let count = try await onDisk { () throws(DiskError) in
            var count = 0
            let now = Monotonic.wall()
            for entry in try Folders.list(spool.requests).entries where Self.isRequest(entry) {
                // A clock that was set back makes no request wait for it to come round again.
                guard abs(now - entry.info.changed / 1_000_000) >= settle.milliseconds,
                    entry.info.owner == Accounts.own || Accounts.user(entry.info.owner, isIn: group),
                    !Files.isBeingWritten(spool.requests + "/" + entry.name)
                else { continue }
                let label = JobName.label(from: String(entry.name.dropLast(Self.suffix.count)))
                let taken = Taken(
                    answer: label + "-" + JobName.suffix(from: randomBytes(5)), id: RightsOffice.newRequestID())
                do throws(DiskError) {
                    try Files.rename(spool.requests + "/" + entry.name, to: spool.orders + "/" + taken.name)
                } catch {
                    // Taken back at this moment.
                    if error.isMissing { continue }
                    throw error
                }
                count += 1
            }
            if count > 0 {
                try Folders.sync(spool.orders)
                try Folders.sync(spool.requests)
            }
            return count
        }
        if count > 0 { office.recorder.log.info("requests were taken", ["requests": String(count)]) }
    }

    private static func isRequest(_ entry: Folders.Entry) -> Bool {
        entry.info.isOwnFile && entry.name.hasSuffix(suffix) && !entry.name.hasPrefix(".") && !entry.name.hasPrefix("~")
    }

    private func taken() async throws(RightsError) -> [Taken] {
        let orders = spool.orders
        return try await onDisk { () throws(DiskError) in
            try Folders.list(orders).entries.compactMap { Taken(name: $0.name) }
        }
    }

    // MARK: answering

    private func answer(_ taken: Taken) async {
        do throws(RightsError) {
            let isAnswered = try await isAnswered(taken)
            if !isAnswered {
                guard let (document, files) = try await perform(taken) else { return }
                try await publish(taken, as: .done, document, files)
            }
            try await drop(taken)
        } catch {
            await refuse(taken, error)
        }
    }

    /// What is wrong with a request is its answer; what is wrong here is tried again.
    private func refuse(_ taken: Taken, _ error: RightsError) async {
        var reason: JSONValue
        switch error {
        case .order(let field, let message, let hint):
            reason = .fields([
                "code": .string(error.code), "message": .string(message), "field": field.isEmpty ? nil : .string(field),
                "hint": .text(hint),
            ])
        case .unknownSubject, .unknownHold, .unknownJob:
            reason = .fields(["code": .string(error.code), "message": .string(error.description)])
        case .busy: return
        case .ledger, .vault, .audit, .disk, .package:
            return office.recorder.log.error(
                "a request could not be answered yet", ["request": taken.id, "why": error.description])
        }
        do throws(RightsError) {
            let document = JSONValue.fields([
                "schema": "darkroom.right/1", "request": .string(taken.id), "outcome": "failed", "reason": reason,
            ])
            try await publish(taken, as: .failed, document, [:])
            try await drop(taken)
        } catch {
            office.recorder.log.error(
                "a request could not be answered yet", ["request": taken.id, "why": error.description])
        }
    }

    /// The answer and the files beside it; nil where it takes longer.
    private func perform(_ taken: Taken) async throws(RightsError) -> (JSONValue, [String: JSONValue])? {
        let (path, wall) = (spool.orders + "/" + taken.name, Timestamp(milliseconds: Monotonic.wall()))
        let text: [UInt8]?
        do throws(DiskError) {
            text = try await BlockingLane.disk.run { () throws(DiskError) in
                try Files.readOwn(path, limit: RequestFile.longest)
            }
        } catch {
            guard error.isOtherKind else { throw .disk(error) }
            throw .order(field: "", message: "the request is no plain file with one name", hint: nil)
        }
        guard let text else {
            throw .order(field: "", message: "the file has more than \(RequestFile.longest) bytes", hint: nil)
        }
        let order = try RequestFile.read(text, wall: wall)
        switch order.verb {
        case .show:
            let document = try await office.show(order.subject).document
            // What it tells is the subject's too, and goes with it.
            _ = try await office.perform(order, id: taken.id)
            try await name(taken)
            return (document, [:])
        case .export: return try await export(order, taken)
        case .erase: return try await erase(order, taken)
        default:
            let document = try await office.perform(order, id: taken.id)
            try await name(taken)
            return (document, [:])
        }
    }

    private func erase(
        _ order: RightsOrder, _ taken: Taken
    ) async throws(RightsError) -> (JSONValue, [String: JSONValue])? {
        let reference = try await office.reference(to: order.subject)
        let request = try await erasure.begin(order, id: taken.id, reference: reference, isAlone: false)
        let progress = try await erasure.run(request.id, isAlone: false)
        guard progress.isOver else { return nil }
        return (RightsOffice.answer(progress.request), progress.receipt.map { ["receipt.json": $0] } ?? [:])
    }

    private func export(
        _ order: RightsOrder, _ taken: Taken
    ) async throws(RightsError) -> (JSONValue, [String: JSONValue])? {
        let folder = spool.staged(taken.answer)
        // The package lies where it is published from: it is never copied.
        let file = try await onDisk { () throws(DiskError) in
            try Folders.removeTree(folder)
            try Folders.make(folder)
            try Folders.setMode(folder, SpoolFolders.outcomeMode)
            return try ExportFile(folder + "/export.zip")
        }
        let (request, content) = try await package.write(order.subject, id: taken.id, to: file.number)
        try await name(taken)
        try await onDisk { () throws(DiskError) in try file.finish() }
        let more = content.facts.sorted { $0.key < $1.key }.map { fact in
            JSONValue.Member(key: fact.key, value: Int64(fact.value).map { .integer($0) } ?? .string(fact.value))
        }
        return (.object((RightsOffice.answer(request).members ?? []) + more), [:])
    }

    /// The answer belongs to the subject, and goes with it when it is erased.
    private func name(_ taken: Taken) async throws(RightsError) {
        try await onLedger { () async throws(LedgerError) in
            try await office.ledger.answer(taken.id, with: taken.answer)
        }
    }

    // MARK: publishing

    private func isAnswered(_ taken: Taken) async throws(RightsError) -> Bool {
        let places = [Outcome.done, .failed].map { spool.outcome($0, of: taken.answer) }
        return try await onDisk { () throws(DiskError) in
            for place in places { if try Files.info(place) != nil { return true } }
            return false
        }
    }

    private func publish(
        _ taken: Taken, as outcome: Outcome, _ document: JSONValue, _ files: [String: JSONValue]
    ) async throws(RightsError) {
        let (folder, target) = (spool.staged(taken.answer), spool.outcome(outcome, of: taken.answer))
        var members = (document.members ?? []).filter { $0.key != "outcome" }
        members.insert(.init(key: "outcome", value: .string(outcome.rawValue)), at: min(1, members.count))
        var texts = files.mapValues { Array($0.pretty.utf8) }
        texts["status.json"] = Array(JSONValue.object(members).pretty.utf8)
        let written = texts
        try await onDisk { () throws(DiskError) in
            try Folders.make(folder)
            try Folders.setMode(folder, SpoolFolders.outcomeMode)
            for (name, text) in written { try Files.writeDurably(text, to: folder + "/" + name, mode: 0o640) }
            try Folders.sync(Files.parent(of: folder))
            try Files.rename(folder, to: target)
            try Folders.sync(Files.parent(of: target))
            try Folders.sync(Files.parent(of: folder))
        }
    }

    private func drop(_ taken: Taken) async throws(RightsError) {
        let (orders, path) = (spool.orders, spool.orders + "/" + taken.name)
        try await onDisk { () throws(DiskError) in
            // It names the subject.
            try Files.shred(path)
            try Folders.sync(orders)
        }
    }
}

/// A package on its way into a folder that others will read.
private final class ExportFile: Sendable {
    private let file: Descriptor

    init(_ path: String) throws(DiskError) {
        file = try Descriptor.creating(path)
        try file.setMode(0o640)
    }

    var number: Int32 { file.number }
    func finish() throws(DiskError) { try file.sync() }
}

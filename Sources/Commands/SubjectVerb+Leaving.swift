import Daemon
import Disk
import Documents
import Domain
import Glibc
import Ledger
import Rights
import Spool

/// Erasing a subject, and giving out what is held of it.
extension Program {
    // MARK: erase

    /// How often it is looked whether the paid call that an erasure waits for has ended.
    private static let pause = Duration.milliseconds(200)

    static func eraseSubject(
        _ order: RightsOrder, _ stores: Stores, _ invocation: Invocation
    ) async throws(CommandError) -> Int32 {
        let request = try await righted { () throws(RightsError) in
            try await stores.erasure.begin(
                order, id: RightsOffice.newRequestID(), reference: try await stores.rights.reference(to: order.subject),
                isAlone: !FolderLock.isHeld(stores.spool.lock))
        }
        var said = ""
        while true {
            let progress: Erasure.Progress?
            do throws(RightsError) {
                progress = try await stores.erasure.run(
                    request.id, isAlone: !FolderLock.isHeld(stores.spool.lock))
            } catch {
                // The daemon is at it, or another command.
                guard case .busy = error else { throw CommandError(error) }
                progress = nil
            }
            if let progress, progress.isOver { return tell(progress, invocation) }
            let why =
                progress.map(\.busy).flatMap {
                    $0.isEmpty ? nil : "waits for a paid call of \($0.joined(separator: ", "))"
                }
                ?? "is on its way"
            if why != said { Console.remark("request \(request.id) \(why); it goes on without this command too") }
            said = why
            try? await Task.sleep(for: pause)
        }
    }

    private static func tell(_ progress: Erasure.Progress, _ invocation: Invocation) -> Int32 {
        let isHeld = progress.request.state == .held
        if invocation.wantsJSON {
            let answer = RightsOffice.answer(progress.request)
            Console.print(
                .object(
                    (answer.members ?? [])
                        + [.init(key: "receipt", value: progress.receipt ?? .null)].filter { $0.value != .null }))
        } else if let receipt = progress.receipt {
            Console.print(receipt)
        }
        Console.remark(
            isHeld
                ? "erased but for what a legal hold keeps; the rest follows when it ends (request \(progress.request.id))"
                : "erased (request \(progress.request.id)); darkroom audit verify --receipt checks the receipt")
        return ExitCode.fine.rawValue
    }

    // MARK: export

    static func exportSubject(
        _ order: RightsOrder, _ stores: Stores, _ invocation: Invocation
    ) async throws(CommandError) {
        let path = invocation.value("--output") ?? "-"
        let package = stores.exportPackage
        let id = RightsOffice.newRequestID()
        guard path != "-" else {
            guard !Console.isTerminal(1) else {
                throw CommandError(.usage, "a package is not for a terminal", hint: "-o FILE, or send it elsewhere")
            }
            let (_, content) = try await righted { () throws(RightsError) in
                try await package.write(order.subject, id: id, to: 1)
            }
            return tell(content, id, invocation, toErrors: true)
        }
        let beside = path + ".part"
        do throws(CommandError) {
            let content = try await write(package, order.subject, id, beside)
            do throws(DiskError) {
                try Files.rename(beside, to: path)
                try Folders.sync(Files.parent(of: path))
            } catch {
                throw CommandError(.inputOutput, "\(path): \(error)")
            }
            tell(content, id, invocation, toErrors: false)
        } catch {
            try? Files.remove(beside)
            throw error
        }
    }

    private static func write(
        _ package: ExportPackage, _ subject: String, _ id: String, _ path: String
    ) async throws(CommandError) -> ExportPackage.Content {
        let file: Descriptor
        do throws(DiskError) {
            try Files.remove(path)
            file = try Descriptor.creating(path)
        } catch {
            throw CommandError(.inputOutput, "\(path): \(error)")
        }
        let number = file.number
        let (_, content) = try await righted { () throws(RightsError) in
            try await package.write(subject, id: id, to: number)
        }
        do throws(DiskError) { try file.sync() } catch { throw CommandError(.inputOutput, "\(path): \(error)") }
        return content
    }

    private static func tell(
        _ content: ExportPackage.Content, _ id: String, _ invocation: Invocation, toErrors: Bool
    ) {
        let document = JSONValue.fields([
            "schema": "darkroom.right/1", "request": .string(id), "verb": "export", "state": "closed",
            "jobs": .integer(content.jobs), "files": .integer(content.files), "bytes": .integer(content.bytes),
        ])
        let text =
            invocation.wantsJSON
            ? document.pretty : "\(content.jobs) jobs, \(content.files) files, \(content.bytes) bytes (request \(id))\n"
        if toErrors { Console.remark(String(text.dropLast())) } else { Console.print(text) }
    }
}

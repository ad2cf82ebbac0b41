import Daemon
import Disk
import Documents
import Domain
import Journal
import Ledger
import Sealing
import Settings
import Spool
import Vault

extension Program {
    static let keyVerb = Verb(
        name: "key", summary: "the keys that inputs are sealed under: shown, taken out for one job, or sealed anew",
        arguments: "show|export JOB|rotate", words: 1...2, choices: ["show", "export", "rotate"],
        options: [
            Option("--from", "FILE", "rotate: the file of the key that seal.key named before"), .json,
        ],
        examples: [
            "darkroom key show", "darkroom key rotate",
            "darkroom key export lighthouse-7QK2M9XB > job.key    # age -d -i job.key .darkroom/blobs/…",
        ]
    ) { invocation throws(CommandError) in
        let what = invocation.words[0]
        guard (invocation.words.count == 2) == (what == "export") else {
            throw CommandError(.usage, what == "export" ? "key export needs a job" : "key \(what) takes no words")
        }
        let configuration = try invocation.configuration()
        let stores = try invocation.stores(configuration)
        switch what {
        case "show": try await showKeys(invocation, stores)
        case "export": try await exportKey(invocation, stores)
        case "rotate": try await rotateKeys(invocation, stores)
        default: throw CommandError(.usage, "key knows show, export and rotate")
        }
        return ExitCode.fine.rawValue
    }

    private static func showKeys(_ invocation: Invocation, _ stores: Stores) async throws(CommandError) {
        let (recipient, hours, jobs) = try await onKeys { () throws(VaultError) in
            (try await stores.blobs.recipient(), try await stores.blobs.hours(), try await stores.blobs.countKeys())
        }
        let source = stores.configuration.sealKey.map { "\($0)" } ?? "file \(stores.spool.sealKey)"
        let first = hours.first.map { Timestamp(milliseconds: $0 * 3_600_000).description }
        if invocation.wantsJSON {
            return Console.print(
                .fields([
                    "schema": "darkroom.keys/1", "source": .string(source), "recipient": .text(recipient),
                    "own": .bool(stores.configuration.sealKey == nil), "hours": .integer(hours.count),
                    "oldest_hour": .text(first), "jobs": .integer(jobs),
                ]))
        }
        Console.print(
            "sealing key  \(source)\nrecipient    \(recipient ?? "none")\n"
                + "hours        \(hours.count)\(first.map { ", the oldest began \($0)" } ?? "")\njobs         \(jobs)\n"
        )
    }

    private static func exportKey(_ invocation: Invocation, _ stores: Stores) async throws(CommandError) {
        let id = invocation.words[1]
        let job: JobRecord?
        do throws(LedgerError) { job = try await stores.ledger.job(id) } catch {
            throw CommandError(.inputOutput, error.description)
        }
        guard let job else { throw CommandError(.notAllWell, "there is no such job", hint: "darkroom jobs lists them") }
        let text = try await onKeys { () throws(VaultError) in
            try await stores.blobs.exportKey(BlobID.key(of: job.specBlob ?? ""))
        }
        guard let text else {
            throw CommandError(.data, "inputs_gone: the job's key was destroyed with its inputs")
        }
        // Whoever takes a key out can read what the job was given: that is written down.
        await stores.recorder.record("key.exported", id, [:])
        unsafe text.withBytes { bytes in unsafe Console.print(String(decoding: bytes, as: UTF8.self) + "\n") }
    }

    private static func rotateKeys(_ invocation: Invocation, _ stores: Stores) async throws(CommandError) {
        var old: [UInt8]?
        if let path = invocation.value("--from") {
            guard stores.configuration.sealKey != nil else {
                throw CommandError(.usage, "--from is for a key that seal.key names; the spool's own is made anew")
            }
            do throws(DiskError) { old = try Files.read(path, limit: 65_536) } catch {
                throw CommandError(.inputOutput, "\(path) cannot be read: \(error.description)")
            }
        } else if let source = stores.configuration.sealKey {
            throw CommandError(
                .usage, "the sealing key is \(source): put another in its place, then name the old one with --from")
        }
        let text = old
        let count = try await onKeys { () throws(VaultError) in try await stores.blobs.rotate(from: text) }
        await stores.recorder.record("key.rotated", nil, ["hours": String(count)])
        if invocation.wantsJSON {
            Console.print(.fields(["schema": "darkroom.rotation/1", "hours": .integer(count)]))
        } else {
            Console.print(
                "the keys of \(count) hours are sealed to another key; what the old one opened in copies stays shut\n")
        }
    }

    private static func onKeys<Value>(
        _ work: () async throws(VaultError) -> Value
    ) async throws(CommandError) -> Value {
        do throws(VaultError) { return try await work() } catch {
            if case .rootKey = error { throw CommandError(.configuration, error.description) }
            throw CommandError(.inputOutput, error.description)
        }
    }
}

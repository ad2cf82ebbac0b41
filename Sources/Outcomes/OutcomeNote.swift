import Disk
import Documents
import Domain
import Ledger

/// Setting right what stands in an outcome folder already.
enum OutcomeNote {
    static let status = "status.json"

    /// Writes a document anew as `change` makes it. One that is not there, or none of ours any more, is left alone.
    static func rewrite(_ path: String, _ change: (JSONValue) -> JSONValue) throws(DiskError) {
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(path, limit: 16 << 20)
        } catch {
            if error.isMissing { return }
            throw error
        }
        guard let bytes, let document = try? JSONParser.parse(bytes) else { return }
        let changed = change(document)
        if changed == document { return }
        try Files.writeDurably(Array(changed.pretty.utf8), to: path, mode: 0o640)
    }

    /// Has sidecar and status say when an output ends; nil where it does not.
    static func noteEnd(_ end: Timestamp?, of output: OutputRecord, in folder: String) throws(DiskError) {
        guard let file = output.file else { return }
        let text = JSONValue.text(end?.description)
        try rewrite(folder + "/" + file + ".json") { document in
            document.replacing("retention") { $0.with("output_expires_at", text) }
        }
        try rewrite(folder + "/" + status) { document in
            document.replacing("outputs") { outputs in
                .array((outputs.array ?? []).map { $0["name"]?.string == file ? $0.with("expires_at", text) : $0 })
            }
        }
    }
}

extension JSONValue {
    /// The object with another value for a member that it has.
    func replacing(_ key: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        .object((members ?? []).map { $0.key == key ? .init(key: key, value: change($0.value)) : $0 })
    }

    /// The object with this value for a member, or without it.
    func with(_ key: String, _ value: JSONValue?) -> JSONValue {
        guard let value else { return without(key) }
        if self[key] != nil { return replacing(key) { _ in value } }
        return .object((members ?? []) + [.init(key: key, value: value)])
    }

    func without(_ key: String) -> JSONValue { .object((members ?? []).filter { $0.key != key }) }
}

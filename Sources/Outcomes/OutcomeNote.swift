import Disk
import Documents

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
}

extension JSONValue {
    /// The object with another value for a member that it has.
    func replacing(_ key: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        .object((members ?? []).map { $0.key == key ? .init(key: key, value: change($0.value)) : $0 })
    }

    func without(_ key: String) -> JSONValue { .object((members ?? []).filter { $0.key != key }) }
}

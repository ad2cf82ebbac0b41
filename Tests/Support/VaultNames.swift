package import Vault

extension BlobStore {
    /// All of a walk: a test's store is small.
    package func list() async throws(VaultError) -> [(id: String, changed: Int64)] {
        try await Self.all(of: try await walkBlobs()).map { ($0.name, $0.changed) }
    }

    package func keys() async throws(VaultError) -> [(key: String, changed: Int64)] {
        try await Self.all(of: try await walkKeys()).map { ($0.name, $0.changed) }
    }

    private static func all(of walk: any VaultWalk) async throws(VaultError) -> [VaultName] {
        var all: [VaultName] = []
        while case let some = try await walk.next(), !some.isEmpty { all += some }
        return all.sorted { $0.name < $1.name }
    }
}

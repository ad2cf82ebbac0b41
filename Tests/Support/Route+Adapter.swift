package import Providers
package import Settings

extension Route {
    /// The adapter of this route by the row that comes along for its provider, at any address.
    package func adapter(endpoint: String, key: SecretText?) -> any Adapter {
        var row = Processor.builtIn(provider)
        row.hosts += [Processor.host(of: endpoint)].compactMap { $0 }
        guard let adapter = row.adapter(for: self, endpoint: endpoint, key: key) else { fatalError("no adapter") }
        return adapter
    }
}

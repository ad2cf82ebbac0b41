import Disk
import Documents
import Domain
import Policies

/// Everything that is wrong with a configuration, in one go.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    package let source: String
    package let faults: [String]

    package init(source: String, faults: [String]) {
        self.source = source
        self.faults = faults
    }

    package var description: String {
        faults.map { "\(source): \($0)" }.joined(separator: "\n")
    }
}

extension Configuration {
    /// Reads a configuration text; every fault is reported at once.
    package static func read(_ text: [UInt8], source: String) throws(ConfigurationError) -> Configuration {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(text, .relaxed)
        } catch {
            throw ConfigurationError(source: source, faults: [error.description])
        }
        return try ConfigurationReader(document, source: source).configuration()
    }
}

/// Reads one configuration document, section by section.
private final class ConfigurationReader {
    private let reader: FieldReader
    private var made = Configuration()

    init(_ document: JSONValue, source: String) {
        reader = FieldReader(document)
        made.source = source
    }

    func configuration() throws(ConfigurationError) -> Configuration {
        readSpool()
        readListen()
        section("log") { section in
            set(&made.logLevel, section.choice("level", as: LogLevel.self))
            made.logFormat = section.choice("format", as: LogFormat.self)
        }
        section("inbox") { section in
            set(&made.inbox.settle, span(section, "settle"))
            set(&made.inbox.orphanAfter, span(section, "orphan_after"))
            set(&made.inbox.rescan, span(section, "rescan", from: .seconds(1)))
            readOwners(section)
        }
        section("queue") { section in
            set(&made.maxAccepted, section.int("max_accepted", in: 1...10_000_000))
            set(&made.maxWait, span(section, "max_wait", from: .minutes(1), to: .hours(24)))
        }
        readModels()
        readProcessors()
        readNetwork()
        readOutput()
        readWorkers()
        readLimits()
        readMarks()
        readPolicy()
        readRetention()
        made.onSettled = reader.command("on_settled")
        made.onHeld = reader.command("on_held")
        section("page") { section in set(&made.showsPictures, section.bool("pictures")) }
        readUnbuilt()
        let faults = reader.finish()
        guard faults.isEmpty else {
            throw ConfigurationError(source: made.source ?? "", faults: faults.map(\.description))
        }
        return made
    }

    // MARK: sections

    private func readSpool() {
        guard let value = reader.value("spool") else { return }
        var path = value.string
        if value.members != nil {
            section("spool") { section in
                path = section.string("path")
                made.spoolGroup = account(section.value("group"), "group", section, "group", Accounts.group)
                made.requestsGroup = account(
                    section.value("requests_group"), "requests_group", section, "group", Accounts.group)
            }
        }
        guard let path, path.hasPrefix("/"), path.count > 1 else {
            return reader.fail("spool", "is no absolute path", hint: "\"/var/lib/darkroom\", or { path: … }")
        }
        made.spool = path
    }

    private func readListen() {
        guard let text = reader.string("listen") else { return }
        made.listen = ListenAddress(text)
        if made.listen == nil, text != "off" {
            reader.fail("listen", "is no address and port", hint: "such as \"127.0.0.1:8484\", numeric; or \"off\"")
        }
    }

    private func readOwners(_ section: FieldReader) {
        guard let value = section.value("owners") else { return }
        guard let owners = value.array else {
            return section.fail("owners", "is not a list", hint: "names of users, such as [\"www-data\"]")
        }
        made.inbox.owners = owners.enumerated().compactMap { index, owner in
            account(owner, "owners[\(index)]", section, "user", Accounts.user)
        }
    }

    /// A name that this machine knows, or a number.
    private func account(
        _ value: JSONValue?, _ key: String, _ section: FieldReader, _ what: String, _ find: (String) -> UInt32?
    ) -> Account? {
        guard let value else { return nil }
        if let number = value.int, let id = UInt32(exactly: number) { return Account(name: String(id), number: id) }
        guard let name = value.string else {
            section.fail(key, "is neither the name nor the number of a \(what)")
            return nil
        }
        guard let number = find(name) else {
            section.fail(key, "is no \(what) of this machine", hint: "make it first, or give its number")
            return nil
        }
        return Account(name: name, number: number)
    }

    private func readModels() {
        guard let models = reader.object("models") else {
            return reader.fail("models", "is missing", hint: "name a route, { provider: \"simulator\" } for a trial")
        }
        made.routes = [:]
        for name in models.keys where name != "default" {
            guard JobName.isValidID(name) else {
                models.fail(name, "is no route name", hint: "[A-Za-z0-9._-]{1,100}")
                continue
            }
            guard let fields = models.object(name) else { continue }
            if let route = RouteReader(fields, name: name).route() { made.routes[name] = route }
            models.adopt(fields.finish())
        }
        checkFallbacks(models)
        if let chosen = models.string("default") {
            made.defaultRoute = chosen
            if !models.keys.contains(chosen) || chosen == "default" {
                let nearest = NearestName.of(chosen, among: models.keys.filter { $0 != "default" })
                models.fail("default", "names no route", hint: nearest.map { "did you mean \"\($0)\"?" })
            }
        } else if let only = models.keys.first(where: { $0 != "default" }), models.keys.count == 1 {
            made.defaultRoute = only
        } else {
            models.fail("default", "is missing", hint: "name the route that jobs take by default")
        }
        reader.adopt(models.finish())
    }

    /// Each route goes by a row: one that it names, else the one named as its provider, which comes along unless the file has its own.
    private func readProcessors() {
        let rows = reader.object("processors")
        made.processors = rows.map(ProcessorReader.rows) ?? [:]
        if let rows { reader.adopt(rows.finish()) }
        let written = made.processors
        for route in made.routes.values.sorted(by: { $0.name < $1.name }) {
            let name = route.processor ?? route.provider.rawValue
            if route.processor != nil, written[name] == nil {
                let nearest = NearestName.of(name, among: written.keys.sorted())
                let hint = nearest.map { "did you mean \"\($0)\"?" } ?? "write the row, or leave it out"
                reader.fail("models.\(route.name).processor", "names no row of processors", hint: hint)
            } else if let row = written[name] {
                guard let endpoint = route.endpoint, !row.allows(endpoint: endpoint) else { continue }
                reader.fail(
                    "models.\(route.name).endpoint", "is at no host of the row processors.\(name)",
                    hint: "add \(Processor.host(of: endpoint) ?? "its host") to its hosts, if it is the same processor")
            } else {
                var row = made.processors[name] ?? .builtIn(route.provider)
                if let endpoint = route.endpoint, !row.allows(endpoint: endpoint) {
                    row.hosts += [Processor.host(of: endpoint)].compactMap { $0 }
                }
                made.processors[name] = row
            }
        }
    }

    /// A fallback is another route of the same file, and no chain of them comes back to where it began.
    private func checkFallbacks(_ models: FieldReader) {
        let names = models.keys.filter { $0 != "default" }
        for route in made.routes.values.sorted(by: { $0.name < $1.name }) {
            guard let fallback = route.fallback else { continue }
            let key = route.name + ".fallback"
            if route.provider == .simulator {
                models.fail(key, "is for routes that can fail", hint: "leave it out: the simulator always answers")
            } else if fallback == route.name {
                models.fail(key, "names its own route", hint: "name another one, or leave it out")
            } else if !names.contains(fallback) {
                let nearest = NearestName.of(fallback, among: names.filter { $0 != route.name })
                models.fail(key, "names no route", hint: nearest.map { "did you mean \"\($0)\"?" })
            } else if let circle = circle(from: route) {
                models.fail(key, "leads in a circle", hint: circle.joined(separator: " to "))
            }
        }
    }

    /// The chain of fallbacks from a route back to it; nil where it ends.
    private func circle(from route: Route) -> [String]? {
        var chain = [route.name]
        var next = route.fallback
        while let name = next, chain.count <= made.routes.count {
            chain.append(name)
            if name == route.name { return chain }
            next = made.routes[name]?.fallback
        }
        return nil
    }

    private func readNetwork() {
        section("abuse") { section in
            made.denyList = section.read("deny_list", expecting: "the absolute path of a file") { value in
                value.string.flatMap { $0.hasPrefix("/") ? $0 : nil }
            }
        }
        made.templates = reader.read("templates", expecting: "the absolute path of a folder") { value in
            value.string.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        section("network") { section in
            made.proxy = section.read("proxy", expecting: "a URL such as \"http://proxy:3128\"") { value in
                value.string.flatMap { $0.contains("://") ? $0 : nil }
            }
            made.caFile = section.read("ca_file", expecting: "an absolute path") { value in
                value.string.flatMap { $0.hasPrefix("/") ? $0 : nil }
            }
        }
    }

    private func readOutput() {
        section("output") { section in
            set(&made.output.size, section.read("size", expecting: "a size") { $0.string.flatMap { OutputSize($0) } })
            set(&made.output.fit, section.choice("fit", as: Fit.self))
            if let format = section.string("format") {
                if let known = PictureFormat(rawValue: format) {
                    made.output.format = known
                } else {
                    let known = PictureFormat.allCases.map(\.rawValue).joined(separator: ", ")
                    section.fail("format", "is none of the known formats", hint: "one of \(known)")
                }
            }
            set(&made.output.quality, section.int("quality", in: 1...100))
            set(&made.output.png, section.choice("png", as: PNGEffort.self))
            set(&made.output.upscale, section.choice("upscale", as: UpscaleMode.self))
        }
    }

    private func readWorkers() {
        section("workers") { section in
            set(&made.workers.count, section.int("count", in: 0...64))
            set(&made.workers.timeout, span(section, "timeout", from: .seconds(1)))
            if let memory = size(section, "memory") {
                if memory < WorkerSettings.leastMemory {
                    section.fail("memory", "is too little for one picture", hint: "at least 128MB")
                }
                made.workers.memory = memory
            }
            set(&made.workers.sandbox, section.choice("sandbox", as: SandboxLevel.self))
        }
        section("formats") { section in
            set(&made.formats.heif, section.bool("heif"))
            set(&made.formats.gif, section.bool("gif"))
            set(&made.formats.tiff, section.bool("tiff"))
        }
    }

    private static func money(_ value: JSONValue) -> Int64? {
        value.double.flatMap { (0...1_000_000).contains($0) ? Int64(($0 * 1_000_000).rounded()) : nil }
    }

    private func readLimits() {
        section("limits") { section in
            set(&made.limits.referenceBytes, size(section, "reference_bytes"))
            set(&made.limits.referencePixels, section.int("reference_pixels", in: 1...1_000_000_000))
            set(&made.limits.referenceEdge, section.int("reference_edge", in: 16...65_535))
            set(&made.limits.references, section.int("references", in: 0...64))
            set(&made.limits.jobBytes, size(section, "job_bytes"))
            set(&made.limits.manifestBytes, size(section, "manifest_bytes"))
        }
        section("disk") { section in set(&made.minFree, size(section, "min_free")) }
        section("rates") { section in
            made.ratePerSubject = section.read("per_subject", expecting: "so many in a time, such as \"60/h\"") {
                value in
                value.string.flatMap { Rate($0) }
            }
        }
        section("budget") { section in
            made.budgetPerJob = section.read("per_job", expecting: "an amount in dollars", Self.money)
            made.budgetPerDay = section.read("per_day", expecting: "an amount in dollars", Self.money)
            made.budgetPerSubjectDay = section.read("per_subject_day", expecting: "an amount in dollars", Self.money)
        }
    }

    private func readMarks() {
        section("seal") { section in made.sealKey = KeySource.read("key", of: section) }
        section("sidecar") { section in set(&made.includePrompt, section.bool("include_prompt")) }
        section("provenance") { section in
            unbuilt(section, "xmp") { $0 == true }
            unbuilt(section, "c2pa") { _ in false }
        }
    }

    private func readPolicy() {
        guard let name = reader.string("policy") else { return }
        if let policy = Policy.brought(name) {
            made.policy = policy
            return
        }
        guard name.hasPrefix("/") else {
            let nearest = NearestName.of(name, among: Policy.names)
            let hint =
                nearest.map { "did you mean \"\($0)\"?" } ?? "\"default\", or the absolute path of a policy's file"
            return reader.fail("policy", "is neither a known policy nor an absolute path", hint: hint)
        }
        let (policy, faults) = PolicyReader.read(file: name)
        made.policy = policy
        reader.adopt(faults)
    }

    /// What the policy promises is the most; the configuration may promise less.
    private func readRetention() {
        section("retention") { section in
            if let inputs = span(section, "inputs") {
                made.retainInputs = inputs
                if inputs > made.policy.inputs {
                    section.fail(
                        "inputs", "is longer than \(made.policy.inputs), which the policy \(made.policy.id) allows",
                        hint: "shorten it, or leave it out")
                }
            }
            guard section.value("outputs") != "keep", let outputs = span(section, "outputs") else { return }
            made.retainOutputs = outputs
            if let most = made.policy.outputs, outputs > most {
                section.fail(
                    "outputs", "is longer than \(most), which the policy \(made.policy.id) allows",
                    hint: "shorten it, or leave it out")
            }
        }
        made.retainInputs = min(made.retainInputs, made.policy.inputs)
        made.retainOutputs = made.retainOutputs ?? made.policy.outputs
    }

    /// Keys of the contract whose issue is still open. Values that ask for nothing more than is built are taken.
    private func readUnbuilt() {
        unbuilt(reader, "ledger") { $0 == "sqlite" }
        unbuilt(reader, "blobs") { $0 == "file" }
    }

    // MARK: values

    private func section(_ name: String, _ read: (FieldReader) -> Void) {
        guard let section = reader.object(name) else { return }
        read(section)
        reader.adopt(section.finish())
    }

    private func set<Value>(_ target: inout Value, _ value: Value?) {
        if let value { target = value }
    }

    private func span(
        _ section: FieldReader, _ key: String, from least: Span = .zero, to most: Span? = nil
    ) -> Span? {
        let bound = most.map { " and at most \($0)" } ?? ""
        return section.read(key, expecting: "a duration such as \"30s\" of at least \(least)\(bound)") { value in
            value.string.flatMap { Span($0) }.flatMap { $0 >= least && $0 <= (most ?? $0) ? $0 : nil }
        }
    }

    private func size(_ section: FieldReader, _ key: String) -> ByteCount? {
        section.read(key, expecting: "a size such as \"64MB\"") { $0.string.flatMap { ByteCount(text: $0) } }
    }

    private func unbuilt(_ section: FieldReader, _ key: String, allows: (JSONValue) -> Bool) {
        guard let value = section.value(key), !allows(value) else { return }
        section.fail(key, "is not built yet", hint: "leave it out")
    }
}

package import Documents

/// A `job.json` as it was read: what is asked, and the names of the images beside it.
///
/// The names end here: `JobSpec` knows references by position only.
package struct Manifest: Sendable {
    /// With an empty prompt where a template stands in its place; see `spec(expanding:)`.
    package let spec: JobSpec
    package let template: TemplateUse?
    /// Plain names beside the manifest, in order.
    package let references: [String]
    package let mask: String?

    /// The names of all images beside it.
    package var images: [String] { references + [mask].compactMap { $0 } }

    /// Reads and checks a manifest; the first thing wrong is the reason, the number of others stands in its message.
    package static func read(_ bytes: [UInt8]) throws(Reason) -> Manifest {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(bytes)
        } catch {
            // A key is repeated in what is said of it.
            if CardNumber.stands(in: error.description) { throw AbuseRule.cardNumber(in: nil) }
            throw Reason(
                .invalidManifest, "the manifest is not valid JSON: \(error)",
                field: error.path.isEmpty ? nil : error.path,
                hint: "check quotes, commas and braces; keys stand once and in double quotes")
        }
        try refuse(document)
        return try ManifestReader(document).manifest()
    }

    /// The job with its prompt, which a template gives where the manifest names one.
    package func spec(expanding expand: (TemplateUse) throws(Reason) -> ExpandedTemplate) throws(Reason) -> JobSpec {
        guard let template else { return spec }
        var spec = spec
        let expanded = try expand(template)
        spec.prompt = expanded.prompt
        // What comes together only in the template's text.
        if CardNumber.stands(in: spec.prompt) { throw AbuseRule.cardNumber(in: "template") }
        spec.template = TemplateUse(name: template.name, version: expanded.version, variables: template.variables)
        return spec
    }

    /// The id that a manifest asks for, also where everything else about it is wrong; nil without a valid one.
    package static func claimedID(_ bytes: [UInt8]) -> String? {
        guard let id = (try? JSONParser.parse(bytes))?["id"]?.string, JobName.isValidID(id), !CardNumber.stands(in: id)
        else { return nil }
        return id
    }

    /// The manifest of a prompt file: the text without the white space around it.
    package static func plain(prompt bytes: [UInt8], references: [String], mask: String?) throws(Reason) -> Manifest {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Reason(
                .invalidManifest, "the prompt file is not UTF-8 text", field: "prompt", hint: "save it as UTF-8")
        }
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        var spec = JobSpec(prompt: String(scalars))
        if let reason = checkPrompt(spec.prompt) { throw reason }
        if CardNumber.stands(in: spec.prompt) { throw AbuseRule.cardNumber(in: "prompt") }
        spec.referenceCount = references.count
        spec.hasMask = mask != nil
        return Manifest(spec: spec, template: nil, references: references, mask: mask)
    }

    static func checkPrompt(_ prompt: String) -> Reason? {
        let length = prompt.unicodeScalars.count
        if prompt.unicodeScalars.allSatisfy({ $0.properties.isWhitespace }) {
            return Reason(.invalidManifest, "the prompt is empty", field: "prompt", hint: "write what to draw")
        }
        if length > JobSpec.longestPrompt {
            return Reason(
                .promptTooLong, "the prompt is too long", field: "prompt", limit: String(JobSpec.longestPrompt),
                value: String(length), hint: "shorten it")
        }
        return nil
    }
}

/// Reads one manifest document, noting everything that is wrong with it.
private final class ManifestReader {
    private let reader: FieldReader
    private var refusals: [Reason] = []

    init(_ document: JSONValue) {
        reader = FieldReader(document)
    }

    func manifest() throws(Reason) -> Manifest {
        let prompt = reader.string("prompt")
        var spec = JobSpec(prompt: prompt ?? "")
        let template = readTemplate()
        if !reader.has("prompt"), !reader.has("template") {
            reader.fail("prompt", "is missing", hint: "write what to draw")
        } else if reader.has("prompt"), reader.has("template") {
            reader.fail("template", "stands beside prompt", hint: "give one of the two")
        } else if prompt != nil, let reason = Manifest.checkPrompt(spec.prompt) {
            refusals.append(reason)
        }
        let references = names()
        let mask = reader.string("mask")
        if let mask { checkName(mask, "mask") }
        spec.referenceCount = references.count
        spec.hasMask = mask != nil
        readModel(into: &spec)
        readOutput(into: &spec)
        readLimits(into: &spec)
        readShowing(into: &spec)
        try throwFirst()
        return Manifest(spec: spec, template: template, references: references, mask: mask)
    }

    private func readTemplate() -> TemplateUse? {
        guard let fields = reader.object("template") else { return nil }
        var use = TemplateUse(name: "")
        if fields.has("name") {
            let name = fields.read("name", expecting: "a template's name, [A-Za-z0-9._-]{1,100}") { value in
                value.string.flatMap { JobName.isValidID($0) ? $0 : nil }
            }
            use.name = name ?? ""
        } else {
            fields.fail("name", "is missing", hint: "name a template")
        }
        use.version = fields.int("version", in: 1...PromptTemplate.mostVersion)
        if let variables = fields.value("variables") {
            let members = variables.members ?? []
            if variables.members == nil { fields.fail("variables", "is \(variables.kind), not an object") }
            for member in members {
                guard let value = member.value.string else {
                    fields.fail(
                        "variables.\(JSONParser.shown(member.key))", "is not a string",
                        hint: "it is \(member.value.kind)")
                    continue
                }
                use.variables.append(.init(name: member.key, value: value))
            }
        }
        reader.adopt(fields.finish())
        return use
    }

    private func throwFirst() throws(Reason) {
        let faults = reader.finish()
        if let first = faults.first {
            let others = faults.count - 1
            let fields = faults.dropFirst().prefix(5).map(\.path).filter { !$0.isEmpty }.joined(separator: ", ")
            let named = (fields.isEmpty ? "" : ": " + fields) + (others > 5 ? ", …" : "")
            let more = others == 0 ? "" : " (and \(others) other fault\(others == 1 ? "" : "s")\(named))"
            let field = first.path.isEmpty ? nil : first.path
            throw Reason(
                .invalidManifest, "\(field ?? "the manifest") \(first.message)\(more)", field: field, hint: first.hint)
        }
        if let reason = refusals.first { throw reason }
    }

    // MARK: images

    private func names() -> [String] {
        guard let value = reader.value("references") else { return [] }
        guard let elements = value.array else {
            reader.fail("references", "is not an array of names", hint: "it is \(value.kind)")
            return []
        }
        var names: [String] = []
        for (index, element) in elements.enumerated() {
            guard let name = element.string else {
                reader.fail("references[\(index)]", "is not a string", hint: "it is \(element.kind)")
                continue
            }
            checkName(name, "references[\(index)]")
            if names.contains(name) { reader.fail("references[\(index)]", "names the same file again") }
            names.append(name)
        }
        return names
    }

    /// A name must be one of the manifest's own folder: no separator, no way up, nothing hidden.
    private func checkName(_ name: String, _ place: String) {
        let plain =
            !name.isEmpty && name.utf8.count <= 255 && !name.contains("/") && !name.contains("\\")
            && name != ".." && !name.hasPrefix(".") && !name.unicodeScalars.contains { $0.value < 0x20 }
        if !plain {
            reader.fail(place, "is not a plain name beside the manifest", hint: "no path, no \"..\", no hidden file")
        }
    }

    // MARK: the model's side

    private func readModel(into spec: inout JobSpec) {
        spec.model = reader.string("model")
        spec.id = reader.read("id", expecting: "an id of [A-Za-z0-9._-]{1,100} that does not start with a dot") {
            value in
            value.string.flatMap { JobName.isValidID($0) ? $0 : nil }
        }
        spec.aspectRatio = reader.read("aspect_ratio", expecting: "a ratio such as \"16:9\"") {
            $0.string.flatMap { AspectRatio($0) }
        }
        spec.size = reader.read("size", expecting: "a size such as \"1536x1024\"") { value in
            guard let text = value.string, text.contains("x"), case .box(let size)? = OutputSize(text) else {
                return nil
            }
            return size
        }
        if spec.size != nil, spec.aspectRatio != nil {
            reader.fail("aspect_ratio", "stands beside size", hint: "give one of the two")
        }
        spec.count = reader.int("count", in: 1...JobSpec.mostOutputs) ?? 1
        spec.quality = reader.string("quality")
        spec.background = reader.string("background")
        spec.seed = reader.int("seed", in: 0...Int(Int32.max))
        if let parameters = reader.value("parameters") {
            if let members = parameters.members {
                spec.parameters = members.map { Parameter(name: $0.key, json: $0.value.compact) }
            } else {
                reader.fail("parameters", "is not an object", hint: "it is \(parameters.kind)")
            }
        }
    }

    // MARK: the output's side

    private func readOutput(into spec: inout JobSpec) {
        guard let output = reader.object("output") else { return }
        var order = OutputOrder()
        order.size = output.read("size", expecting: "a size", { $0.string.flatMap { OutputSize($0) } })
        order.fit = output.choice("fit", as: Fit.self)
        if let format = output.string("format") {
            order.format = PictureFormat(rawValue: format)
            if order.format == nil {
                let known = PictureFormat.allCases.map(\.rawValue).joined(separator: ", ")
                output.fail("format", "is none of the known formats", hint: "one of \(known)")
            }
        }
        order.quality = output.int("quality", in: 1...100)
        order.original = output.bool("original") ?? false
        order.upscale = output.choice("upscale", as: UpscaleMode.self)
        reader.adopt(output.finish())
        spec.output = order
    }

    // MARK: limits, people, policies

    private func readLimits(into spec: inout JobSpec) {
        spec.subject = reader.read("subject", expecting: "a subject of [A-Za-z0-9._:@-]{1,128}") { value in
            value.string.flatMap { JobName.isValidSubject($0) ? $0 : nil }
        }
        spec.plan = reader.read("plan", expecting: "a name of [A-Za-z0-9._-]{1,100}") { value in
            value.string.flatMap { JobName.isValidID($0) ? $0 : nil }
        }
        if let retain = reader.object("retain") {
            let what = "a duration such as \"1h\""
            spec.retainInputs = retain.read("inputs", expecting: what) { $0.string.flatMap { Span($0) } }
            spec.retainOutputs = retain.read("outputs", expecting: what) { $0.string.flatMap { Span($0) } }
            reader.adopt(retain.finish())
        }
        spec.attestations =
            reader.read("attestations", expecting: "names of [a-z0-9_]{1,64}") { value -> [String]? in
                guard let names = value.array?.map(\.string), names.count <= 32 else { return nil }
                let known = names.compactMap { $0 }.filter(JobName.isAttestation)
                return known.count == names.count ? known : nil
            } ?? []
        readDemand(into: &spec)
        spec.save = reader.bool("save") ?? false
        if spec.save, spec.retainOutputs != nil {
            reader.fail("save", "stands beside retain.outputs", hint: "give one of the two")
        }
        spec.maxCost = reader.read("max_cost", expecting: "an amount in dollars from 0 to 100000") { value in
            guard let dollars = value.double, (0...100_000).contains(dollars) else { return nil }
            return Int64((dollars * 1_000_000).rounded())
        }
        spec.priority = reader.int("priority", in: -1000...1000) ?? 0
    }

    private func readDemand(into spec: inout JobSpec) {
        guard let require = reader.object("require") else { return }
        spec.require.regions = require.read(
            "regions", expecting: "a list of names such as [\"eu\"], [A-Za-z0-9-]{1,32}", ProcessorDemand.regions)
        spec.require.retention = require.read(
            "provider_retention", expecting: "\"none\", or a duration such as \"30d\""
        ) { value in
            value.string.flatMap { KeptFor(limit: $0) }
        }
        reader.adopt(require.finish())
    }

    private func readShowing(into spec: inout JobSpec) {
        spec.visibility = reader.choice("visibility", as: Visibility.self) ?? .private
        spec.protect = reader.bool("protect") ?? false
    }

}

extension JobSpec {
    /// The spec as a document that `read(stored:)` reads back: what is sealed with the job.
    package var stored: JSONValue {
        .fields([
            "prompt": .string(prompt), "reference_count": .integer(referenceCount), "mask": .bool(hasMask),
            "model": .text(model), "aspect_ratio": .text(aspectRatio?.description), "size": .text(size?.description),
            "count": .integer(count), "quality": .text(quality), "background": .text(background),
            "seed": seed.map { .integer($0) },
            "parameters": .object(
                parameters.map { .init(key: $0.name, value: (try? JSONParser.parse($0.json)) ?? .null) }),
            "output_size": .text(output.size?.description), "output_fit": .text(output.fit?.rawValue),
            "output_format": .text(output.format?.rawValue), "output_quality": output.quality.map { .integer($0) },
            "output_upscale": .text(output.upscale?.rawValue), "original": .bool(output.original),
            "max_cost": maxCost.map { .integer($0) },
            "priority": .integer(priority), "require": require.document,
            // Left out where nothing is asked, so that what was handed over before these keys existed still is the same.
            "visibility": visibility == .private ? nil : .string(visibility.rawValue), "protect": protect ? true : nil,
            "template": template?.stored,
        ])
    }

    /// Reads what `stored` wrote; nil when the document is damaged.
    package init?(stored: JSONValue) {
        guard let prompt = stored["prompt"]?.string, let references = stored["reference_count"]?.int else { return nil }
        self.init(prompt: prompt)
        referenceCount = references
        hasMask = stored["mask"]?.bool ?? false
        model = stored["model"]?.string
        aspectRatio = stored["aspect_ratio"]?.string.flatMap { AspectRatio($0) }
        if case .box(let box)? = stored["size"]?.string.flatMap({ OutputSize($0) }) { size = box }
        count = stored["count"]?.int ?? 1
        quality = stored["quality"]?.string
        background = stored["background"]?.string
        seed = stored["seed"]?.int
        parameters = (stored["parameters"]?.members ?? []).map { Parameter(name: $0.key, json: $0.value.compact) }
        output.size = stored["output_size"]?.string.flatMap { OutputSize($0) }
        output.fit = stored["output_fit"]?.string.flatMap(Fit.init(rawValue:))
        output.format = stored["output_format"]?.string.flatMap(PictureFormat.init(rawValue:))
        output.quality = stored["output_quality"]?.int
        output.upscale = stored["output_upscale"]?.string.flatMap(UpscaleMode.init(rawValue:))
        output.original = stored["original"]?.bool ?? false
        maxCost = stored["max_cost"]?.int.map { Int64($0) }
        priority = stored["priority"]?.int ?? 0
        require.regions = stored["require"]?["regions"].flatMap(ProcessorDemand.regions)
        require.retention = stored["require"]?["provider_retention"]?.string.flatMap { KeptFor($0) }
        visibility = stored["visibility"]?.string.flatMap(Visibility.init(rawValue:)) ?? .private
        protect = stored["protect"]?.bool ?? false
        template = stored["template"].flatMap { TemplateUse(stored: $0) }
    }
}

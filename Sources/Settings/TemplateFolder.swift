import Disk
import Documents
package import Domain

/// The folder of prompt templates: `NAME@VERSION.json5`, or `NAME.json5` with its `version` inside (1 where it says none).
///
/// Read anew for each job that uses one: what is changed there counts for the next job, and for none that was accepted.
/// Blocks on the disk.
package struct TemplateFolder: Sendable {
    private let path: String

    /// nil where the configuration names no folder.
    package init?(_ configuration: Configuration) {
        guard let path = configuration.templates else { return nil }
        self.path = path
    }

    /// Most bytes of a template.
    private static let mostBytes = 256 << 10

    /// One file, read; its faults where it is none.
    private struct Found {
        let file: String
        let name: String
        let version: Int?
        let template: Result<PromptTemplate, PromptTemplate.Unreadable>
    }

    /// The prompt that a manifest means.
    package func prompt(for use: TemplateUse) throws(Reason) -> String { try expanded(use).prompt }

    /// The same, with the version that was taken.
    package func expanded(_ use: TemplateUse) throws(Reason) -> ExpandedTemplate {
        let entries: [String]
        do throws(DiskError) {
            entries = try files()
        } catch {
            throw Self.faulty("the folder of templates can not be read")
        }
        let named = entries.filter { Self.name(of: $0).name == use.name }.map(read)
        guard !named.isEmpty else {
            let nearest = NearestName.of(use.name, among: entries.map { Self.name(of: $0).name })
            throw Reason(
                .invalidManifest, "there is no such template", field: "template.name",
                hint: nearest.map { "did you mean \"\($0)\"?" })
        }
        // A file that can not be read may be any version: better none than the wrong one.
        let wanted = use.version ?? named.compactMap(\.version).max()
        let fitting = named.filter { $0.version == wanted || $0.version == nil }
        guard let found = fitting.first else {
            let versions = named.compactMap(\.version).sorted().map(String.init).joined(separator: ", ")
            throw Reason(
                .invalidManifest, "the template has no such version", field: "template.version",
                value: wanted.map(String.init), hint: "one of \(versions)")
        }
        guard fitting.count == 1, case .success(let template) = found.template else {
            throw Self.faulty("the template is faulty")
        }
        return ExpandedTemplate(prompt: try template.expanded(with: use.variables), version: found.version)
    }

    /// What is wrong in the folder, file by file; nothing when all is well.
    package func faults() -> [String] {
        let found: [Found]
        do throws(DiskError) {
            found = try files().map(read)
        } catch {
            return ["templates: \(path): \(error)"]
        }
        var faults: [String] = []
        var seen: [String: String] = [:]
        for one in found {
            if case .failure(let unreadable) = one.template {
                faults += unreadable.faults.map { "templates: \(one.file): \($0)" }
            }
            guard let version = one.version else { continue }
            if let other = seen.updateValue(one.file, forKey: "\(one.name)@\(version)") {
                faults.append("templates: \(one.file): is version \(version) of \(one.name), as \(other) is")
            }
        }
        return faults
    }

    private static func faulty(_ message: String) -> Reason {
        Reason(
            .invalidManifest, message, field: "template",
            hint: "the operator's to mend: darkroom config check says what is wrong")
    }

    // MARK: files

    private func files() throws(DiskError) -> [String] {
        try Folders.list(path).entries.map(\.name).filter { name in
            !name.hasPrefix(".") && (name.hasSuffix(".json5") || name.hasSuffix(".json"))
        }
    }

    private static func name(of file: String) -> (name: String, version: Substring?) {
        let stem = file[..<(file.lastIndex(of: ".") ?? file.endIndex)]
        guard let at = stem.lastIndex(of: "@") else { return (String(stem), nil) }
        return (String(stem[..<at]), stem[stem.index(after: at)...])
    }

    private func read(_ file: String) -> Found {
        let (name, version) = Self.name(of: file)
        let named = version.flatMap { text in
            Int(text).flatMap { (1...PromptTemplate.mostVersion).contains($0) && String($0) == text ? $0 : nil }
        }
        func found(_ version: Int?, _ faults: [String]) -> Found {
            Found(file: file, name: name, version: version, template: .failure(.init(faults: faults)))
        }
        if version != nil, named == nil { return found(nil, ["its name has no version after the @"]) }
        guard JobName.isValidID(name) else { return found(named, ["its name is none: [A-Za-z0-9._-]{1,100}"]) }
        let bytes: [UInt8]?
        do throws(DiskError) {
            let full = path + "/" + file
            bytes = try Files.read(Files.absolute(full) ?? full, limit: Self.mostBytes)
        } catch {
            return found(named, [error.description])
        }
        guard let bytes else { return found(named, ["larger than \(Self.mostBytes) bytes"]) }
        do throws(PromptTemplate.Unreadable) {
            let template = try PromptTemplate.read(bytes)
            if let said = template.name, said != name { return found(named, ["name: is not that of the file"]) }
            if let said = template.version, let named, said != named {
                return found(nil, ["version: is not that of the file's name"])
            }
            return Found(
                file: file, name: name, version: named ?? template.version ?? 1, template: .success(template))
        } catch {
            return found(named, error.faults)
        }
    }
}

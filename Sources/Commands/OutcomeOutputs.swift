import Disk
import Documents
import Domain
import Outcomes
import Settings
import Spool

/// An output as it lies in `done/`, by its sidecar.
struct FoundOutput: Sendable {
    struct Picture: Sendable {
        let path: String
        let size: PixelSize
    }

    let job: String
    let index: Int
    let picture: Picture
    /// The provider's own bytes, where the job asked for them.
    let original: Picture?
    let model: String
    let isSimulated: Bool
    let isAlone: Bool

    var title: String { isAlone ? job : "\(job):\(index)" }
}

/// The outputs that an order names, as found in the outcome folders, which anyone who collects outcomes can read too.
struct OutcomeOutputs {
    private(set) var outputs: [FoundOutput] = []
    private(set) var remarks: [String] = []
    /// Whether each job that was named, and each line of the batch, has an output here.
    private(set) var isWhole = true

    private static let sidecarBytes = 1 << 20

    init(_ invocation: Invocation, most: Int) async throws(CommandError) {
        let selection = try Selection(invocation)
        let configuration = try invocation.configuration()
        let spool = SpoolFolders(root: configuration.spool)
        let folder = spool.outcomes(.done)
        let entries: [Folders.Entry]
        do throws(DiskError) { entries = try Folders.list(folder).entries } catch {
            throw CommandError(.inputOutput, "\(folder): \(error)", hint: "name the spool with --spool")
        }
        if selection.isFilter {
            if Files.refusal(to: .enter, spool.privateFolder) == nil {
                try await takeKnown(selection, try invocation.stores(configuration))
            } else {
                try takeSeen(selection, entries, spool)
            }
        } else if !invocation.words.isEmpty {
            for job in invocation.words {
                guard JobName.isValidID(job) else {
                    throw CommandError(
                        .usage, "\"\(JSONParser.shown(job))\" is no job", hint: "darkroom jobs lists them")
                }
                let before = outputs.count
                take([job], in: folder)
                if outputs.count == before { remark("\(job) has no output in \(folder)") }
            }
        } else {
            takeNewest(entries, most, in: folder)
        }
    }

    /// Says what is missing of what was asked for.
    mutating func remark(_ text: String) {
        isWhole = false
        remarks.append(text)
    }

    mutating func take(_ jobs: [String], in folder: String) {
        for job in jobs { outputs += Self.read(job, in: folder) }
    }

    /// As many as one sheet holds, the oldest of them first.
    private mutating func takeNewest(_ entries: [Folders.Entry], _ most: Int, in folder: String) {
        var room = most
        var newest: [[FoundOutput]] = []
        for entry in entries.sorted(by: { $0.info.modified > $1.info.modified }) where JobName.isValidID(entry.name) {
            let found = Self.read(entry.name, in: folder)
            room -= found.reduce(0) { $0 + ($1.original == nil ? 1 : 2) }
            if room < 0 { break }
            newest.append(found)
        }
        outputs = newest.reversed().flatMap { $0 }
    }

    private static func read(_ job: String, in folder: String) -> [FoundOutput] {
        let place = folder + "/" + job
        let names = ((try? Folders.list(place))?.entries ?? []).map(\.name)
        let found = names.compactMap { name -> (Int, JSONValue)? in
            guard name.hasSuffix(".json"), name != "status.json",
                let bytes = (try? Files.read(place + "/" + name, limit: sidecarBytes)) ?? nil,
                let document = try? JSONParser.parse(bytes), document["schema"]?.string == Sidecar.schema,
                let index = document["output"]?["index"]?.int
            else { return nil }
            return (index, document)
        }
        return found.sorted { $0.0 < $1.0 }.compactMap { index, sidecar in
            guard let picture = picture(sidecar["output"], names, place) else { return nil }
            let model = sidecar["model"]
            return FoundOutput(
                job: job, index: index, picture: picture, original: self.picture(sidecar["original"], names, place),
                model: model?["model"]?.string ?? model?["provider"]?.string ?? "unknown model",
                isSimulated: sidecar["simulated"]?.bool ?? false, isAlone: found.count == 1)
        }
    }

    /// A file that lies in the folder itself, whatever the sidecar says.
    private static func picture(_ said: JSONValue?, _ names: [String], _ folder: String) -> FoundOutput.Picture? {
        guard let name = said?["file"]?.string, names.contains(name), let width = said?["width"]?.int,
            let height = said?["height"]?.int
        else { return nil }
        return .init(path: folder + "/" + name, size: PixelSize(width: width, height: height))
    }
}

import CPeers
import Disk
import Glibc

/// What all rows share: pictures, peers, and how often to measure.
final class Workbench {
    /// Folder that `prepare.sh` filled.
    let folder: String
    let pairs: Int
    let scratch: String
    private let executables: String
    private let script: String
    private var python: Result<PythonPeers, any Error>?
    private var pictures: [String: [UInt8]] = [:]

    init(folder: String, pairs: Int, script: String) throws {
        self.folder = folder
        self.pairs = pairs
        self.script = script
        executables = Files.parent(of: try Self.ownPath())
        scratch = "\(folder)/scratch"
        try Folders.make(scratch, mode: 0o755)
    }

    /// This program's file.
    static func ownPath() throws -> String {
        var path = [UInt8](repeating: 0, count: 4096)
        let count = unsafe path.withUnsafeMutableBytes { bytes -> Int in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard count > 0 else { throw Unmeasured("no /proc") }
        return String(decoding: path[..<count], as: UTF8.self)
    }

    var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    func path(_ picture: String) -> String { "\(folder)/pictures/\(picture)" }

    func picture(_ name: String) throws -> [UInt8] {
        if let bytes = pictures[name] { return bytes }
        let bytes = try Paths.read(path(name))
        pictures[name] = bytes
        return bytes
    }

    func darkroom() throws -> String {
        let path = "\(executables)/darkroom"
        guard Files.exists(path) else { throw Unmeasured("no darkroom beside this program; build it first") }
        return path
    }

    func pythonPeers() throws -> PythonPeers {
        let peers = python ?? Result { try PythonPeers(folder: folder, script: script) }
        python = peers
        return try peers.get()
    }

    func duel(_ ours: Contender, _ peer: Contender) throws -> Duel { try Duel(ours, peer, pairs: pairs) }
}

import Domain
import Foundation
import Imaging
import Support
import Testing
import Workers

/// Pictures that mean harm, made by `Tests/full/hostile/make.py`; all of them, and more of each kind, go through
/// `Tests/full/hostile.sh`.
@Suite struct HostilePictureTests {
    private struct Entry: Decodable {
        let file: String
        let fate: String
        let why: String
    }

    @Test
    func `hostile pictures are refused for what they are, and cost neither the worker nor its other pictures anything`()
        async throws
    {
        let folder = try ToolFolder()
        let maker = Program.sample("../../Tests/full/hostile/make.py").standardizedFileURL.path
        try folder.run("python3", "-B", maker, "hostile", "--quick", "--flips", "3")
        let index = try folder.read("hostile/index.json")
        let entries = try JSONDecoder().decode([Entry].self, from: Data(index))
        try #require(entries.count > 200)
        let good = try [UInt8](Data(contentsOf: Program.sample("dandelion.jpg")))
        let order = NormalizeOrder(maxEdge: 256, maxBytes: 1 << 24)
        let pool = WorkerPool(
            executable: Program.besideTests("WorkerHost"), count: 1, timeout: .seconds(60), jobsOfALife: .max)
        for (number, entry) in entries.enumerated() {
            let taken: Bool
            do throws(WorkerError) {
                let bytes = (try? folder.read("hostile/\(entry.file)")) ?? []
                _ = try await pool.normalize(bytes, as: order)
                taken = true
            } catch {
                taken = false
                #expect(error.isAboutThePicture, "\(entry.file) (\(entry.why)): \(error)")
            }
            switch entry.fate {
            case "large", "refuse": #expect(!taken, "\(entry.file) (\(entry.why)) was taken")
            case "accept": #expect(taken, "\(entry.file) (\(entry.why)) was refused")
            default: break
            }
            if number % 50 == 0 { _ = try await pool.normalize(good, as: order) }
        }
        #expect(pool.starts == 1, "the worker was never replaced")
        await pool.shutDown()
    }
}

extension WorkerError {
    /// Whether the error says something of the picture rather than of the worker.
    fileprivate var isAboutThePicture: Bool {
        switch self {
        case .unsupportedContent, .unreadable, .tooLarge, .switchedOff: true
        default: false
        }
    }
}

import Domain
import Foundation
import Imaging
import Testing
import Workers

@Suite struct WorkerPoolTests {
    private func pool(_ count: Int = 1, timeout: Duration = .seconds(60)) -> WorkerPool {
        WorkerPool(
            executable: Bench.executable("WorkerHost"), count: count, timeout: timeout, keepErrorOutput: true)
    }

    @Test func `a picture is painted, made clean and brought to 4K by other processes`() async throws {
        let pool = pool()
        #expect(pool.processes.isEmpty)
        let painted = try await pool.paint(
            PaintOrder(seed: [1, 2, 3], size: PixelSize(width: 96, height: 64)), references: [])
        let clean = try await pool.normalize(painted, as: NormalizeOrder(maxEdge: 48, maxBytes: 1_000_000))
        #expect(clean.size == PixelSize(width: 48, height: 32) && clean.format == .png)
        let output = try await pool.render(
            clean.bytes, as: RenderOrder(size: .long(3840), fit: .inside, format: .jpeg, quality: 90))
        #expect(output.size == PixelSize(width: 3840, height: 2560))
        #expect(pool.processes.count == 1 && pool.processes.first != getpid())
        await pool.shutDown()
        #expect(pool.processes.isEmpty)
    }
}

enum Bench {
    /// A program built beside the tests.
    static func executable(_ name: String) -> String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: name).path
    }
}

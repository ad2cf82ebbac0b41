import Domain
import Foundation
import Imaging
import Support
import Testing

@testable import Workers

/// Workers without libvips, and what they can not do.
@Suite struct EquipmentTests {
    private func pool() -> WorkerPool {
        WorkerPool(
            executable: Program.besideTests("darkroom"), count: 1, timeout: .seconds(60), triesLightFirst: true)
    }

    /// The libraries a process has mapped. The kernel gives the list in pieces, and its length is not known before.
    private func libraries(_ process: Int32) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/maps"))
        var bytes = Data()
        while let piece = try file.read(upToCount: 4096), !piece.isEmpty { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a picture that needs libvips is done by a second worker, which has it`() async throws {
        let pool = pool()
        try await pool.makeSure()
        let light = try #require(pool.processes.first)
        let few = try libraries(light)
        #expect(few.contains("libdeflate") && !few.contains("libvips") && !few.contains("libgobject"))
        let photo = [UInt8](try Data(contentsOf: Program.sample("dandelion.jpg")))
        let order = NormalizeOrder(maxEdge: 300, maxBytes: 4_000_000, format: .webp)
        #expect(try await pool.normalize(photo, as: order).size.longEdge == 300)
        #expect(pool.starts == 2 && pool.processes.contains(light))
        let full = try #require(pool.processes.first { $0 != light })
        #expect(try libraries(full).contains("libvips"))
        await pool.shutDown()
    }

    @Test func `a worker without libvips says so, and lives on`() async throws {
        let recipe = Child.Recipe(
            executable: Program.besideTests("darkroom"), arguments: ["worker"], keepErrorOutput: false,
            sandbox: .required, equipment: .light)
        let bench = Bench(recipe: recipe, count: 1, time: TimeLimit(processor: .seconds(60)), jobsOfALife: 200)
        let photo = [UInt8](try Data(contentsOf: Program.sample("dandelion.jpg")))
        let order = NormalizeOrder(maxEdge: 300, maxBytes: 4_000_000, format: .webp)
        for _ in 0..<3 {
            await #expect(throws: WorkerError.needsLibrary) {
                try await bench.perform(.normalize(order), inputs: [photo])
            }
        }
        #expect(bench.starts == 1)
        bench.stop()
        await bench.untilGone()
    }

    @Test func `the program does not link libvips`() throws {
        let program = try Data(contentsOf: URL(filePath: Program.besideTests("darkroom")))
        let names = ["libgobject-2.0.so", "libglib-2.0.so"].map { Data($0.utf8) }
        #expect(names.allSatisfy { program.range(of: $0) == nil })
    }
}

import Domain
import Foundation
import Imaging
import Inspection
import Support
import Testing
import Workers

/// Every format inside the lock, where a decoder or encoder that looks for a file, makes code or starts in a strange way ends
/// its process.
@Suite struct FormatsTests {
    /// The sample photograph as each kind of file.
    private func files(_ tools: ToolFolder) throws -> [(name: String, bytes: [UInt8])] {
        try tools.run("vips", "thumbnail", Program.sample("dandelion.jpg").path, "in.png", "320")
        let recipes = [
            "heic": "heif-enc -q 70 in.png -o a.heic", "avif": "avifenc -s 9 in.png a.avif",
            "deep.avif": "avifenc -s 9 -d 10 --cicp 9/16/9 in.png a.deep.avif",
            "moving.avif": "avifenc -s 9 in.png in.png a.moving.avif", "gif": "vips copy in.png a.gif",
            "tif": "vips copy in.png a.tif[compression=deflate]",
            "packed.tif": "vips copy in.png a.packed.tif[compression=jpeg]",
            "jpg": "vips copy in.png a.jpg[interlace]", "webp": "vips copy in.png a.webp",
            "cmyk.jpg": "vips icc_transform in.png a.cmyk.jpg cmyk --input-profile srgb",
            "indexed.png": "vips pngsave in.png a.indexed.png --palette --interlace",
        ]
        return try recipes.sorted { $0.key < $1.key }.map { name, recipe in
            try tools.run("sh", "-ec", recipe)
            return (name, try tools.read("a.\(name)"))
        }
    }

    private var limits: PictureLimits { PictureLimits(accepted: PictureLimits.standard.union([.tiff])) }

    @Test func `one locked worker reads every format, sound and damaged, and writes every format`() async throws {
        let pool = WorkerPool(executable: Program.besideTests("darkroom"), count: 1, timeout: .seconds(60))
        var damaged = 0
        for (name, bytes) in try files(try ToolFolder()) {
            let order = NormalizeOrder(maxEdge: 200, maxBytes: 1_000_000, limits: limits)
            let made = try await pool.normalize(bytes, as: order)
            #expect(
                made.size == PixelSize(width: 200, height: 113) || made.size == PixelSize(width: 200, height: 112),
                "\(name)")
            for tenth in 1..<10 {
                var broken = Array(bytes.prefix(bytes.count * tenth / 10))
                if tenth.isMultiple(of: 2) {
                    broken = bytes
                    for place in stride(from: 40 + tenth, to: bytes.count, by: 997) { broken[place] ^= 0x5A }
                }
                do throws(WorkerError) { _ = try await pool.normalize(broken, as: order) } catch {
                    guard error.isAboutTheInput else { throw error }
                    damaged += 1
                }
            }
        }
        let photo = [UInt8](try Data(contentsOf: Program.sample("dandelion.jpg")))
        for format in PictureFormat.allCases {
            for quality in [50, 95] {
                let order = RenderOrder(size: .long(1024), fit: .inside, format: format, quality: quality, threads: 2)
                #expect(try await pool.render(photo, as: order).size.width == 1024)
            }
        }
        #expect(pool.starts == 1 && damaged > 50)
        await pool.shutDown()
    }

    @Test func `a worker refuses a file that is too much with little memory`() async throws {
        let pool = WorkerPool(executable: Program.besideTests("darkroom"), count: 1, timeout: .seconds(60))
        try await pool.makeSure()
        let worker = try #require(pool.processes.first)
        let before = try memory(worker)
        let segment: [UInt8] = [0xFF, 0xE1, 0xFF, 0xFF] + [UInt8](repeating: 65, count: 65_533)
        let exif: [UInt8] = [0xFF, 0xD8] + [[UInt8]](repeating: segment, count: 900).flatMap { $0 }
        let solid: [UInt8] =
            Array("RIFF".utf8) + [26, 0, 0, 0] + Array("WEBPVP8L".utf8)
            + [14, 0, 0, 0, 0x2F, 0xFE, 0xBF, 0xFF, 0x0F, 0x28, 0, 0, 0, 0, 0, 0, 0, 0]
        for file in [exif, solid] {
            let order = NormalizeOrder(maxEdge: 200, maxBytes: 1_000_000)
            do throws(WorkerError) {
                _ = try await pool.normalize(file, as: order)
                Issue.record("it was taken")
            } catch {
                guard case .tooLarge = error else { throw error }
            }
        }
        #expect(try memory(worker) - before < 64 << 10)
        #expect(pool.processes == [worker])
        await pool.shutDown()
    }

    /// The most memory that a process ever held, in kB.
    private func memory(_ process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
}

extension WorkerError {
    fileprivate var isAboutTheInput: Bool {
        switch self {
        case .unreadable, .tooLarge, .unsupportedContent: true
        default: false
        }
    }
}

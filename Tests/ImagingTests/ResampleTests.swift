import CPixels
import Domain
import Foundation
import Imaging
import Support
import Testing

/// The kernels against the formula, and their vector form against the portable one.
@Suite(.serialized) struct ResampleTests {
    @Test(arguments: [
        (60, 40, 150, 100), (60, 40, 360, 241), (60, 40, 61, 41), (90, 60, 60, 41), (240, 160, 60, 40),
        (500, 300, 51, 30), (900, 600, 18, 12), (40, 1, 640, 16), (2, 3, 70, 50), (300, 20, 30, 200),
    ])
    func `plain is Lanczos3 but for rounding`(sides: (Int, Int, Int, Int)) throws {
        let size = PixelSize(width: sides.2, height: sides.3)
        let picture = Pixels.scene(PixelSize(width: sides.0, height: sides.1))
        let made = Pixels(size: size, rgb: try Planes(of: picture).rendered(width: size.width, height: size.height))
        #expect(made.decibels(against: LanczosReference.resampled(picture, to: size)) > 56)
    }

    @Test func `a photograph is enlarged as the formula says`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../samples/jobs")
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "dandelion.jpg")))
        let photograph = try unsafe Pixels(decoding: bytes.span.bytes, maxEdge: 240, limits: PictureLimits())
        let plan = Geometry(native: photograph.size, size: .long(600), fit: .inside)
        let source = try photograph.png()
        let order = RenderOrder(size: .long(600), fit: .inside, format: .png)
        let made = try unsafe order.carriedOut(on: source.span.bytes)
        let reference = LanczosReference.resampled(photograph, to: plan.scaled)
        #expect(try Pixels(decoding: made.bytes).decibels(against: reference) > 56)
    }

    @Test(arguments: [(60, 40, 1100, 77), (97, 33, 64, 70), (700, 9, 40, 9), (5, 5, 33, 31), (1, 1, 40, 2)])
    func `the portable form gives the same bytes`(sides: (Int, Int, Int, Int)) throws {
        let picture = Pixels.scene(PixelSize(width: sides.0, height: sides.1))
        let fast = try Planes(of: picture).rendered(width: sides.2, height: sides.3)
        kn_portable_only(1)
        defer { kn_portable_only(0) }
        let portable = try Planes(of: picture).rendered(width: sides.2, height: sides.3)
        #expect(fast == portable)
        #expect(fast.count == sides.2 * sides.3 * 3)
    }

    @Test func `a known picture has the pixels it always had`() throws {
        let made = try Planes(of: .scene(PixelSize(width: 90, height: 60))).rendered(width: 225, height: 150)
        // FNV-1a. When the kernel was changed on purpose, the right value is in the message.
        let print = made.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        #expect(print == 7_063_128_624_809_450_159)
    }

    @Test(arguments: [(300, 200, 75, 50), (64, 64, 64, 64), (40, 30, 90, 20), (33, 70, 20, 141), (800, 600, 7, 5)])
    func `a shrinker that gets row after row makes what the whole picture makes`(sides: (Int, Int, Int, Int)) throws {
        let picture = Pixels.scene(PixelSize(width: sides.0, height: sides.1))
        let red = try Planes(of: picture).shrunkRed(width: sides.2, height: sides.3)
        let whole = try Planes(of: picture).rendered(width: sides.2, height: sides.3)
        #expect(red == stride(from: 0, to: whole.count, by: 3).map { whole[$0] })
    }

    @Test func `an order that makes no sense is refused`() throws {
        let planes = try Planes(of: .scene(PixelSize(width: 4, height: 4)))
        #expect(throws: Planes.Refusal.self) { try planes.rendered(width: 0, height: 10) }
        #expect(throws: Planes.Refusal.self) { try planes.rendered(width: 10, height: -1) }
        #expect(!Planes.hasAxis(0, 10, 0, 10) && !Planes.hasAxis(10, 10, 5, 6))
        #expect(!Planes.hasAxis(10, 20, -1, 6) && !Planes.hasAxis(10, 20, 0, 0) && Planes.hasAxis(10, 20, 14, 6))
    }
}

/// Three planes in the hands of a test.
struct Planes {
    struct Refusal: Error {
        let result: kn_result
    }

    private let size: PixelSize
    private let samples: [UInt8]

    init(of picture: Pixels) throws {
        size = picture.size
        samples = (0..<3).flatMap { colour in
            stride(from: colour, to: picture.rgb.count, by: 3).map { picture.rgb[$0] }
        }
    }

    func rendered(width: Int, height: Int, threads: Int = 1) throws -> [UInt8] {
        let place = UnsafeMutablePointer<UInt8>.allocate(capacity: samples.count)
        defer { unsafe place.deallocate() }
        unsafe place.initialize(from: samples, count: samples.count)
        let planes = UnsafeMutablePointer<kn_plane>.allocate(capacity: 3)
        defer { unsafe planes.deallocate() }
        for colour in 0..<3 {
            let plane = unsafe kn_plane(
                samples: place + colour * size.pixels, width: Int32(size.width), height: Int32(size.height),
                stride: size.width)
            unsafe (planes + colour).initialize(to: plane)
        }
        var order = kn_render(
            scaled_width: Int32(width), scaled_height: Int32(height), canvas_width: Int32(width),
            canvas_height: Int32(height), detail: kn_bank_choice(bank: 0, share: 0), threads: Int32(threads))
        let count = max(0, width * height * 3)
        let out = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        defer { unsafe out.deallocate() }
        let result = unsafe kn_render_rgb(planes, &order, out)
        guard result == KN_DONE else { throw Refusal(result: result) }
        return unsafe Array(UnsafeBufferPointer(start: out, count: count))
    }

    /// The first plane, pushed row by row.
    func shrunkRed(width: Int, height: Int) throws -> [UInt8] {
        let place = UnsafeMutablePointer<UInt8>.allocate(capacity: width * height)
        defer { unsafe place.deallocate() }
        var out = unsafe kn_plane(samples: place, width: Int32(width), height: Int32(height), stride: width)
        let made = unsafe kn_shrinker_new(Int32(size.width), Int32(size.height), &out)
        guard let shrinker = unsafe made else { throw Refusal(result: KN_MEMORY) }
        defer { unsafe kn_shrinker_free(shrinker) }
        for y in 0..<size.height {
            guard unsafe kn_shrinker_is_done(shrinker) == 0 else { throw Refusal(result: KN_ROOM) }
            unsafe kn_shrinker_push(shrinker, Array(samples[y * size.width..<(y + 1) * size.width]))
        }
        guard unsafe kn_shrinker_is_done(shrinker) == 1 else { throw Refusal(result: KN_DAMAGED) }
        return unsafe Array(UnsafeBufferPointer(start: place, count: width * height))
    }

    static func hasAxis(_ length: Int32, _ scaled: Int32, _ start: Int32, _ count: Int32) -> Bool {
        let axis = unsafe kn_axis_new(length, scaled, start, count)
        defer { unsafe kn_axis_free(axis) }
        return unsafe axis != nil
    }
}

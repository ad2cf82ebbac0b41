import CPixels
import Testing

/// The banks that add detail to luma.
@Suite(.serialized) struct BankTests {
    /// Luma as the kernels take it.
    private struct Luma {
        var samples: [UInt8]
        let width: Int
        let height: Int

        init(width: Int, height: Int, _ sample: (Int, Int) -> Int) {
            self.width = width
            self.height = height
            samples = (0..<height).flatMap { y in (0..<width).map { x in UInt8(clamping: sample(x, y)) } }
        }

        subscript(x: Int, y: Int) -> UInt8 {
            samples[min(max(y, 0), height - 1) * width + min(max(x, 0), width - 1)]
        }

        func asPlane<Result>(_ body: (UnsafePointer<kn_plane>) -> Result) -> Result {
            var copy = samples
            return unsafe copy.withUnsafeMutableBufferPointer { buffer in
                var plane = unsafe kn_plane(
                    samples: buffer.baseAddress, width: Int32(width), height: Int32(height), stride: width)
                return unsafe withUnsafePointer(to: &plane) { unsafe body($0) }
            }
        }

        func choice(_ factor: Double = 2) -> kn_bank_choice {
            unsafe asPlane { unsafe kn_bank_choose($0, factor) }
        }

        /// What a bank adds at twice the size, made in strips of `strip` source rows.
        func detail(bank: Int32, strip: Int) -> [Int16]? {
            var out = [Int16](repeating: 0, count: width * height * 4)
            var result = KN_DONE
            unsafe out.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                for first in stride(from: 0, to: height, by: strip) where result == KN_DONE {
                    let count = min(strip, height - first)
                    result = unsafe asPlane { plane in
                        unsafe kn_bank_detail(
                            plane, bank, Int32(first * 2), Int32(count * 2), start + first * 2 * width * 2, width * 2)
                    }
                }
            }
            return result == KN_DONE ? out : nil
        }

        /// A grey picture of it, enlarged with a bank.
        func enlarged(bank: Int32, share: Int32 = 16384, width: Int, height: Int, threads: Int = 1) -> Luma? {
            var order = kn_render(
                scaled_width: Int32(width), scaled_height: Int32(height), canvas_width: Int32(width),
                canvas_height: Int32(height), detail: kn_bank_choice(bank: bank, share: share), threads: Int32(threads))
            var out = [UInt8](repeating: 0, count: width * height * 3)
            let result = unsafe asPlane { plane in
                let planes = unsafe [plane.pointee, plane.pointee, plane.pointee]
                return unsafe kn_render_rgb(planes, &order, &out)
            }
            guard result == KN_DONE else { return nil }
            return Luma(width: width, height: height) { x, y in Int(out[(y * width + x) * 3]) }
        }

        func doubled(bank: Int32) -> Luma? { enlarged(bank: bank, width: 2 * width, height: 2 * height) }
    }

    /// Edges in every direction, fine texture, flat parts, and all tones.
    private func busy(_ width: Int, _ height: Int) -> Luma {
        var state: UInt32 = 7
        return Luma(width: width, height: height) { x, y in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noise = Int(state >> 24)
            switch (x / 11 + y / 7) % 5 {
            case 0: return noise
            case 1: return (x * 3 + y * 5) % 16 < 8 ? 20 : 230
            case 2: return 255 - (x * x + y * y) / 40 % 256
            case 3: return 128
            default: return (x ^ y) & 31 < 16 ? 0 : 255
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 15, 16, 17, 40, 63])
    func `the vector form and the portable one agree, in whatever strips`(width: Int) throws {
        defer { kn_portable_only(0) }
        for height in [1, 2, 7, 24] {
            let picture = busy(width, height)
            for bank in 1...kn_bank_count() {
                kn_portable_only(1)
                let portable = try #require(picture.detail(bank: bank, strip: height))
                let choice = picture.choice()
                kn_portable_only(0)
                #expect(try #require(picture.detail(bank: bank, strip: height)) == portable)
                #expect(try #require(picture.detail(bank: bank, strip: 3)) == portable)
                #expect(picture.choice().bank == choice.bank)
                #expect(picture.choice().share == choice.share)
            }
        }
    }

    @Test(arguments: [(56, 34), (60, 37), (80, 48), (100, 60), (150, 91), (611, 133), (640, 384)])
    func `a picture grows to the same pixels in both forms, by however many threads`(size: (Int, Int)) throws {
        defer { kn_portable_only(0) }
        let picture = busy(40, 24)
        kn_portable_only(1)
        let portable = try #require(picture.enlarged(bank: 6, width: size.0, height: size.1))
        kn_portable_only(0)
        for threads in [1, 3] {
            let made = try #require(picture.enlarged(bank: 6, width: size.0, height: size.1, threads: threads))
            #expect(made.samples == portable.samples)
        }
        #expect(portable.samples != picture.enlarged(bank: 0, width: size.0, height: size.1)?.samples)
    }

    @Test func `a picture that does not grow in both directions is left to Lanczos3`() throws {
        let picture = busy(40, 24)
        for (width, height) in [(40, 24), (30, 20), (80, 24), (80, 20)] {
            let plain = try #require(picture.enlarged(bank: 0, width: width, height: height))
            #expect(picture.enlarged(bank: 1, width: width, height: height)?.samples == plain.samples)
        }
    }

    @Test func `what has one tone keeps it`() throws {
        for tone in [0, 1, 127, 254, 255] {
            for bank in 1...kn_bank_count() {
                let doubled = try #require(Luma(width: 20, height: 9) { _, _ in tone }.doubled(bank: bank))
                #expect(doubled.samples.allSatisfy { $0 == tone })
            }
        }
    }

    @Test func `the new pixels lie a quarter of a pixel around the old one`() throws {
        // A slope shows any shift: by half a new pixel it would be off by one.
        for bank in 1...kn_bank_count() {
            let doubled = try #require(
                Luma(width: 40, height: 40) { x, y in 40 + 4 * x }.doubled(bank: bank))
            for x in 16..<64 { #expect(abs(Int(doubled[x, 40]) - (39 + 2 * x)) <= 0) }
            let turned = try #require(
                Luma(width: 40, height: 40) { x, y in 40 + 4 * y }.doubled(bank: bank))
            for y in 16..<64 { #expect(turned[40, y] == doubled[y, 40]) }
        }
    }

    @Test func `an edge becomes no wider than the source's and goes no further beyond it than with Lanczos3`() throws {
        let edge = Luma(width: 40, height: 40) { x, y in 3 * x + 2 * y < 100 ? 60 : 190 }
        let plain = try #require(edge.doubled(bank: 0))
        let range = try #require(plain.samples.min()) - 1...(try #require(plain.samples.max())) + 1
        for bank in 1...kn_bank_count() {
            let doubled = try #require(edge.doubled(bank: bank))
            #expect(doubled.samples.allSatisfy(range.contains))
            // Shrunk again by area it is the source, but for what the edge hides.
            for y in 4..<36 {
                for x in 4..<36 {
                    let sum = [(0, 0), (1, 0), (0, 1), (1, 1)].reduce(0) {
                        $0 + Int(doubled[2 * x + $1.0, 2 * y + $1.1])
                    }
                    #expect(abs(sum / 4 - Int(edge[x, y])) <= 28)
                }
            }
        }
    }

    /// Flat shapes with sharp edges in three directions.
    private func lines(_ width: Int, _ height: Int) -> Luma {
        Luma(width: width, height: height) { x, y in (x / 9 * 37 + y / 7 * 101 + (x + y) / 13 * 59) % 200 + 20 }
    }

    @Test func `a soft picture is left to Lanczos3, a sharp one is not`() {
        let soft = Luma(width: 200, height: 160) { x, y in (x * x + 2 * y * y) / 400 }
        #expect(soft.choice().bank == 0)
        #expect(lines(200, 160).choice().bank > 0)
    }

    @Test func `how much of the detail counts is the same in both forms, and bounded`() {
        defer { kn_portable_only(0) }
        for factor in [1.5, 2, 2.5, 3.75, 8] {
            kn_portable_only(1)
            let portable = lines(201, 163).choice(factor)
            kn_portable_only(0)
            let choice = lines(201, 163).choice(factor)
            #expect(choice.bank == portable.bank)
            #expect(choice.share == portable.share)
            #expect((1...19660).contains(choice.share))
        }
    }

    @Test func `a picture that hardly grows gets nothing, one that grows little a part`() {
        let picture = lines(200, 160)
        #expect(picture.choice(1.25).bank == 0)
        #expect(picture.choice(.nan).bank == 0)
        let all = picture.choice(1.5).share
        #expect(all > 0)
        #expect(abs(picture.choice(1.375).share - all / 2) <= 1)
    }

    @Test func `a picture without two rows or columns has no half to be tried on`() {
        for (width, height) in [(1, 1), (1, 90), (90, 1), (2, 2), (3, 40)] {
            #expect(busy(width, height).choice().bank == 0)
        }
    }

    @Test func `a mosaic whose squares are about as small as pixels is left to Lanczos3`() {
        let mosaic = Luma(width: 300, height: 200) { x, y in (x * 4 / 5 * 7919 ^ y * 4 / 5 * 104_729) % 251 }
        #expect(mosaic.choice().bank == 0)
    }

    @Test func `a picture of which no edge is clear is left to Lanczos3`() {
        let rings = Luma(width: 320, height: 240) { x, y in
            let (across, down) = (Double(x - 163), Double(y - 118))
            return (across * across + 1.7 * down * down).squareRoot().remainder(dividingBy: 37) < 0 ? 128 : 148
        }
        #expect(rings.choice().bank == 0)
    }

    @Test func `soft waves with noise all over are not taken for a sharper picture`() {
        func arch(_ place: Int, _ length: Int) -> Int {
            let part = place % length
            return (place / length % 2 == 0 ? 4 : -4) * part * (length - part) * 50 / (length * length)
        }
        var state: UInt32 = 5
        let waves = Luma(width: 320, height: 240) { x, y in
            state = state &* 1_664_525 &+ 1_013_904_223
            return 128 + arch(x, 6) + arch(2 * y + x, 13) + Int(state >> 16) % 11 - 5
        }
        #expect(waves.choice().bank == 0)
    }

    @Test func `a bank that is not there is refused`() {
        #expect(busy(8, 8).detail(bank: 0, strip: 8) == nil)
        #expect(busy(8, 8).detail(bank: kn_bank_count() + 1, strip: 8) == nil)
        #expect(busy(8, 8).detail(bank: -1, strip: 8) == nil)
    }
}

import Domain
import Painting
import Testing

@Suite struct PainterTests {
    private let size = PixelSize(width: 120, height: 80)

    private func distance(_ one: [UInt8], _ other: [UInt8]) -> Double {
        guard one.count == other.count, !one.isEmpty else { return .infinity }
        return Double(zip(one, other).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(one.count)
    }

    @Test func `equal seeds paint equal pictures and other seeds others`() {
        let first = Painter(seed: [1, 2, 3]).paint(size)
        #expect(first == Painter(seed: [1, 2, 3]).paint(size))
        #expect(distance(first, Painter(seed: [1, 2, 4]).paint(size)) > 5)
    }

    @Test(arguments: [(1, 1), (1, 300), (300, 1), (37, 211), (640, 360)])
    func `any size is filled`(width: Int, height: Int) {
        let picture = Painter(seed: [9]).paint(PixelSize(width: width, height: height))
        #expect(picture.count == width * height * 3)
    }

    @Test func `a picture has detail everywhere, not bands of one colour`() {
        let picture = Painter(seed: Array("detail".utf8)).paint(PixelSize(width: 256, height: 256))
        for row in stride(from: 0, to: 256, by: 16) {
            let line = picture[row * 256 * 3..<(row + 1) * 256 * 3]
            #expect(Set(line).count > 8, "row \(row)")
        }
    }

    @Test func `the first reference can be recognised and was changed`() {
        // Left half red, right half blue.
        let rgb: [UInt8] = (0..<60 * 40).flatMap { $0 % 60 < 30 ? [200, 40, 40] : [40, 40, 200] as [UInt8] }
        let reference = Swatch(size: PixelSize(width: 60, height: 40), rgb: rgb)
        let picture = Painter(seed: [5]).paint(size, references: [reference])
        func pixel(_ x: Int, _ y: Int) -> [Int] {
            let start = (y * size.width + x) * 3
            return picture[start..<start + 3].map(Int.init)
        }
        let left = pixel(20, 30)
        let right = pixel(100, 30)
        #expect(left[0] - left[2] > right[0] - right[2] + 60)
        #expect(left != [200, 40, 40] && right != [40, 40, 200])
    }

    @Test func `through a stencil only its holes are painted`() {
        let rgb = [UInt8](repeating: 77, count: 60 * 40 * 3)
        let reference = Swatch(size: PixelSize(width: 60, height: 40), rgb: rgb)
        // A hole in the left third, in a stencil of another size and the same shape.
        let alphas: [UInt8] = (0..<30 * 20).map { $0 % 30 < 10 ? 0 : 255 }
        let stencil = Stencil(size: PixelSize(width: 30, height: 20), alphas: alphas)
        let picture = Painter(seed: [5]).paint(size, references: [reference], through: stencil)
        let changed = (0..<size.pixels).filter { Array(picture[$0 * 3..<$0 * 3 + 3]) != [77, 77, 77] }
        #expect(changed.allSatisfy { $0 % size.width < size.width / 3 })
        #expect(changed.count > size.pixels / 4)
        let torn = Stencil(size: stencil.size, alphas: [0])
        let whole = Painter(seed: [5]).paint(size, references: [reference])
        #expect(Painter(seed: [5]).paint(size, references: [reference], through: torn) == whole)
    }

    @Test func `further references hang in frames`() {
        let green = Swatch(
            size: PixelSize(width: 20, height: 20), rgb: (0..<400).flatMap { _ in [20, 240, 20] as [UInt8] })
        let grey = Swatch(size: PixelSize(width: 9, height: 9), rgb: [UInt8](repeating: 128, count: 243))
        let without = Painter(seed: [5]).paint(size, references: [grey])
        let with = Painter(seed: [5]).paint(size, references: [grey, green, green])
        func greens(_ picture: [UInt8]) -> Int {
            stride(from: 0, to: picture.count, by: 3).count { picture[$0 + 1] > 180 && picture[$0] < 60 }
        }
        #expect(greens(without) == 0)
        #expect(greens(with) > 300)
    }

    @Test func `pixels that do not fill their size are left out`() {
        let broken = Swatch(size: PixelSize(width: 500, height: 500), rgb: [1, 2, 3])
        #expect(Painter(seed: [5]).paint(size, references: [broken]) == Painter(seed: [5]).paint(size))
    }
}

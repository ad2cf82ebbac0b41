import Domain
import Imaging
import Inspection
import Testing

@testable import Workers

@Suite struct RecordTests {
    @Test func `a record survives the way, with every sign and the whole note`() throws {
        let record = Record(
            id: .max, kind: -3, count: .min, facts: Array(-5..<7), lengths: Array(100..<116), text: Array(150...213))
        #expect(record.bytes.count == Record.byteCount)
        #expect(Record(record.bytes) == record)
        #expect(record.text == Array(150...213))
        #expect(Record(id: 1, kind: 3, text: Array("bad\nmarker".utf8)).note == "bad?marker")
    }

    @Test func `what is no record is none`() {
        let good = Record(id: 1, kind: 1).bytes
        #expect(Record(Array(good.dropLast())) == nil)
        #expect(Record(good + [0]) == nil)
        #expect(Record([UInt8](repeating: 0, count: Record.byteCount)) == nil)
    }

    @Test(arguments: [OutputSize.native, .long(3840), .box(PixelSize(width: 16, height: 2160))], Fit.allCases)
    func `a render order survives the way`(size: OutputSize, fit: Fit) throws {
        let order = RenderOrder(
            size: size, fit: fit, format: .webp, quality: 81, upscale: .enhanced, png: .small, threads: 5,
            limits: PictureLimits(bytes: 1, pixels: 2, edge: 3, accepted: [.jpeg, .tiff]))
        let record = Request.render(order).record(id: 4, lengths: [99])
        guard case .render(let read)? = Request(record) else { throw Lost() }
        #expect(read == order && record.count == 1 && record.length(0) == 99)
    }

    @Test(arguments: [nil] + PictureFormat.allCases)
    func `a normalize order survives the way`(format: PictureFormat?) throws {
        let order = NormalizeOrder(maxEdge: 5, maxBytes: 6, format: format, quality: 7, keepAlpha: format == .png)
        guard case .normalize(let read)? = Request(Request.normalize(order).record(id: 4, lengths: [1])) else {
            throw Lost()
        }
        #expect(read == order)
    }

    @Test func `a paint order survives the way`() throws {
        let order = PaintOrder(seed: Array(200...231), size: PixelSize(width: 8, height: 9), hasMask: true)
        guard case .paint(let read)? = Request(Request.paint(order).record(id: 4, lengths: [])) else { throw Lost() }
        #expect(read == order)
    }

    @Test func `a mask order survives the way, and so does its refusal`() throws {
        let order = MaskOrder(
            original: PixelSize(width: 8, height: 9), size: PixelSize(width: 3, height: 4), maxBytes: 5,
            limits: PictureLimits(bytes: 1, pixels: 2, edge: 3, accepted: [.png]))
        guard case .mask(let read)? = Request(Request.mask(order).record(id: 4, lengths: [1])) else { throw Lost() }
        #expect(read == order)
        let refused = Reply.refused(id: 4, .otherSize(order.size, wanted: order.original))
        #expect(Reply.error(in: refused) == .otherSize(order.size, wanted: order.original))
    }

    private struct Lost: Error {}
}

/// A worker whose decoder was taken over may answer anything.
@Suite struct JudgementTests {
    private let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]
    private let normalize = NormalizeOrder(maxEdge: 100, maxBytes: 50)
    private let render = RenderOrder(size: .long(400), fit: .inside, format: .png)

    /// Format, size, source's format and size, orientation, pages, profile, alpha, path.
    private let honest = [1, 100, 50, 1, 200, 100, 1, 1, 0, 0, 1, 0]

    @Test func `an honest answer is taken`() throws {
        let picture = try Answer(facts: honest, bytes: png).normalized(for: normalize)
        #expect(picture.size == PixelSize(width: 100, height: 50) && picture.sourceFormat == .jpeg)
        let output = try Answer(facts: [400, 200, 400, 200, 100, 50, 3, 1, 0, 0, 0, 0], bytes: png).rendered(
            for: render)
        #expect(output.upscale == .plain)
        #expect(output.native == PixelSize(width: 100, height: 50) && output.nativeFormat == .webp)
    }

    @Test(arguments: [
        (0, 2), (0, 0), (0, 99), (0, -1), (0, .min), (1, 101), (1, 0), (1, .max), (2, -5), (3, 9), (4, .max), (5, 0),
        (6, 9), (6, 0), (7, 0), (10, 0), (10, 99),
    ])
    func `one false fact is enough to refuse`(place: Int, lie: Int) {
        var facts = honest
        facts[place] = lie
        #expect(throws: WorkerError.self) { try Answer(facts: facts, bytes: png).normalized(for: normalize) }
    }

    @Test(arguments: [(0, 401), (1, 199), (2, 401), (3, 0), (4, 0), (5, .max), (6, 9), (7, 0), (7, 2), (7, 3)])
    func `an output that is not what was ordered is refused`(place: Int, lie: Int) {
        var facts = [400, 200, 400, 200, 100, 50, 3, 1, 0, 0, 0, 0]
        facts[place] = lie
        #expect(throws: WorkerError.self) { try Answer(facts: facts, bytes: png).rendered(for: render) }
    }

    @Test func `bytes that are not what they should be are refused`() {
        #expect(throws: WorkerError.self) { try Answer(facts: honest, bytes: []).normalized(for: normalize) }
        #expect(throws: WorkerError.self) {
            try Answer(facts: honest, bytes: png + [UInt8](repeating: 0, count: 50)).normalized(for: normalize)
        }
        #expect(throws: WorkerError.self) { try Answer(facts: [], bytes: Array("<html>".utf8)).painted() }
    }
}

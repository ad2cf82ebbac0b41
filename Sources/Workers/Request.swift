import Domain
import Imaging
import Inspection

/// A job as it goes to a worker.
enum Request: Sendable {
    case normalize(NormalizeOrder)
    case render(RenderOrder)
    case paint(PaintOrder)
    case mask(MaskOrder)
    case thumbnail(ThumbnailOrder)

    /// Most pictures handed to one job.
    static let mostInputs = 16

    func record(id: Int, lengths: [Int]) -> Record {
        switch self {
        case .normalize(let order):
            let facts = [
                order.maxEdge, order.maxBytes, order.format.map(Code.of) ?? 0, order.quality, order.keepAlpha ? 1 : 0,
            ]
            return Record(
                id: id, kind: 1, count: lengths.count, facts: facts + order.limits.facts, lengths: lengths)
        case .render(let order):
            let facts =
                order.size.facts + [
                    Code.of(order.fit), Code.of(order.format), order.quality, Code.of(order.upscale),
                    Code.of(order.png), order.threads,
                ]
            return Record(
                id: id, kind: 2, count: lengths.count, facts: facts + order.limits.facts + [order.isStamped ? 1 : 0],
                lengths: lengths)
        case .paint(let order):
            return Record(
                id: id, kind: 3, count: lengths.count,
                facts: [order.size.width, order.size.height, order.hasMask ? 1 : 0], lengths: lengths,
                text: Array(order.seed.prefix(32)))
        case .mask(let order):
            let facts = [
                order.original.width, order.original.height, order.size.width, order.size.height, order.maxBytes,
            ]
            return Record(id: id, kind: 4, count: lengths.count, facts: facts + order.limits.facts, lengths: lengths)
        case .thumbnail(let order):
            return Record(
                id: id, kind: 5, count: lengths.count, facts: [order.maxEdge] + order.limits.facts, lengths: lengths)
        }
    }

    /// Reads a request; nil when it is none.
    init?(_ record: Record) {
        switch record.kind {
        case 1:
            let format: PictureFormat? = Code.value(record.fact(2))
            guard format != nil || record.fact(2) == 0 else { return nil }
            self = .normalize(
                NormalizeOrder(
                    maxEdge: record.fact(0), maxBytes: record.fact(1), format: format, quality: record.fact(3),
                    keepAlpha: record.fact(4) == 1, limits: PictureLimits(record, at: 5)))
        case 2:
            guard let size = OutputSize(record), let fit: Fit = Code.value(record.fact(3)),
                let format: PictureFormat = Code.value(record.fact(4)),
                let upscale: UpscaleMode = Code.value(record.fact(6)), let png: PNGEffort = Code.value(record.fact(7))
            else { return nil }
            self = .render(
                RenderOrder(
                    size: size, fit: fit, format: format, quality: record.fact(5), upscale: upscale, png: png,
                    threads: min(max(record.fact(8), 1), 64), limits: PictureLimits(record, at: 9),
                    isStamped: record.fact(13) == 1))
        case 3:
            self = .paint(
                PaintOrder(
                    seed: Array(record.text.prefix(32)),
                    size: PixelSize(width: record.fact(0), height: record.fact(1)), hasMask: record.fact(2) == 1))
        case 4:
            self = .mask(
                MaskOrder(
                    original: PixelSize(width: record.fact(0), height: record.fact(1)),
                    size: PixelSize(width: record.fact(2), height: record.fact(3)), maxBytes: record.fact(4),
                    limits: PictureLimits(record, at: 5)))
        case 5:
            guard (1...ThumbnailOrder.largestEdge).contains(record.fact(0)) else { return nil }
            self = .thumbnail(ThumbnailOrder(maxEdge: record.fact(0), limits: PictureLimits(record, at: 1)))
        default: return nil
        }
    }
}

extension Request {
    /// Whether it is worth asking a worker without libvips: our own code reads and writes JPEG and PNG.
    func mayDoWithoutLibrary(_ inputs: [[UInt8]]) -> Bool {
        let own: Set<Container?> = [.jpeg, .png]
        guard inputs.allSatisfy({ own.contains(identify($0)) }) else { return false }
        let made: PictureFormat?
        switch self {
        case .normalize(let order): made = order.format
        case .render(let order): made = order.format
        case .paint: made = .png
        // Masks are few, and come as every kind of PNG: with a palette, of one bit, of sixteen.
        case .mask, .thumbnail: return false
        }
        return [nil, .jpeg, .png].contains(made)
    }
}

/// The numbers that stand for cases of an enum, from 1.
enum Code {
    static func of<Value: CaseIterable & Equatable>(_ value: Value) -> Int {
        (Array(Value.allCases).firstIndex(of: value) ?? -1) + 1
    }

    static func value<Value: CaseIterable>(_ code: Int) -> Value? {
        let all = Array(Value.allCases)
        return all.indices.contains(code &- 1) ? all[code - 1] : nil
    }
}

extension PictureLimits {
    fileprivate var facts: [Int] {
        [bytes, pixels, edge, accepted.reduce(0) { $0 | 1 << Code.of($1) }]
    }

    fileprivate init(_ record: Record, at index: Int) {
        let accepted = Container.allCases.filter { record.fact(index + 3) & 1 << Code.of($0) != 0 }
        self.init(
            bytes: record.fact(index), pixels: record.fact(index + 1), edge: record.fact(index + 2),
            accepted: Set(accepted))
    }
}

extension OutputSize {
    /// Whether its sides are pixels at all; the public way to a size has checked that, this one is for arithmetic.
    var isPossible: Bool {
        let sides = 1...Self.largestEdge
        return switch self {
        case .native: true
        case .long(let edge): sides.contains(edge)
        case .box(let box): sides.contains(box.width) && sides.contains(box.height)
        }
    }

    fileprivate var facts: [Int] {
        switch self {
        case .native: [1, 0, 0]
        case .long(let edge): [2, edge, 0]
        case .box(let box): [3, box.width, box.height]
        }
    }

    fileprivate init?(_ record: Record) {
        switch record.fact(0) {
        case 1: self = .native
        case 2: self = .long(record.fact(1))
        case 3: self = .box(PixelSize(width: record.fact(1), height: record.fact(2)))
        default: return nil
        }
        guard isPossible else { return nil }
    }
}

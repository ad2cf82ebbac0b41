import Domain
import Imaging
import Inspection

/// Reads answers as if a stranger had written them: a decoder that was taken over may say anything.
extension Answer {
    func normalized(for order: NormalizeOrder) throws(WorkerError) -> NormalizedPicture {
        let format: PictureFormat = try value(at: 0)
        guard order.format == nil || order.format == format else { throw .badAnswer(detail: "another format") }
        try checkSignature(format)
        let size = try size(at: 1)
        guard size.longEdge <= order.maxEdge, bytes.count <= order.maxBytes else {
            throw .badAnswer(detail: "a picture above the limit")
        }
        guard (1...8).contains(facts[6]), facts[7] >= 1, let path: NormalizePath = Code.value(facts[10]) else {
            throw .badAnswer(detail: "impossible facts")
        }
        return NormalizedPicture(
            bytes: bytes, format: format, size: size, path: path, sourceFormat: try value(at: 3),
            sourceSize: try self.size(at: 4), sourceOrientation: facts[6], sourcePages: facts[7],
            hadProfile: facts[8] == 1, hadAlpha: facts[9] == 1)
    }

    func rendered(for order: RenderOrder) throws(WorkerError) -> RenderedPicture {
        try checkSignature(order.format)
        let native = try size(at: 4)
        let plan = Geometry(native: native, size: order.size, fit: order.fit)
        let size = try size(at: 0)
        guard size == plan.canvas, facts[2] == plan.scaled.width, facts[3] == plan.scaled.height else {
            throw .badAnswer(detail: "another size")
        }
        guard let upscale: UpscaleMode = Code.value(facts[7]), upscale == .plain || order.upscale == .enhanced else {
            throw .badAnswer(detail: "an impossible way of enlarging")
        }
        return RenderedPicture(
            bytes: bytes, size: size, scaled: plan.scaled, native: native, nativeFormat: try value(at: 6),
            upscale: upscale)
    }

    func masked(for order: MaskOrder) throws(WorkerError) -> [UInt8] {
        try checkSignature(.png)
        guard bytes.count <= order.maxBytes else { throw .badAnswer(detail: "a mask above the limit") }
        return bytes
    }

    func painted() throws(WorkerError) -> [UInt8] {
        try checkSignature(.png)
        return bytes
    }

    func thumbnail(for order: ThumbnailOrder) throws(WorkerError) -> Pixels {
        let size = try size(at: 0)
        guard size.longEdge <= order.maxEdge, bytes.count == size.pixels * 3 else {
            throw .badAnswer(detail: "pixels that do not fill their size")
        }
        return Pixels(size: size, rgb: bytes)
    }

    private func value<Value: CaseIterable>(at index: Int) throws(WorkerError) -> Value {
        guard let value: Value = Code.value(facts[index]) else { throw .badAnswer(detail: "an unknown format") }
        return value
    }

    private func size(at index: Int) throws(WorkerError) -> PixelSize {
        let sides = 1...100_000
        guard sides.contains(facts[index]), sides.contains(facts[index + 1]) else {
            throw .badAnswer(detail: "an impossible size")
        }
        return PixelSize(width: facts[index], height: facts[index + 1])
    }

    private func checkSignature(_ format: PictureFormat) throws(WorkerError) {
        guard identify(bytes)?.format == format else { throw .badAnswer(detail: "not the format it says") }
    }
}

extension Request {
    /// Most pixels of a result; nil where it has no size of its own.
    var mostPixels: Int? {
        switch self {
        case .normalize: nil
        case .render(let order):
            switch order.size {
            case .native: order.limits.pixels
            case .long(let edge): edge * edge
            case .box(let box): box.pixels
            }
        case .paint(let order): order.size.pixels
        case .mask(let order): order.size.pixels
        case .thumbnail(let order): order.maxEdge * order.maxEdge
        }
    }

    /// Most bytes an answer may have: what the order allows, or a little more than the pixels without compression.
    var mostBytes: Int {
        switch self {
        case .normalize(let order): order.maxBytes
        case .mask(let order): order.maxBytes
        case .thumbnail(let order): order.maxEdge * order.maxEdge * 3
        case .render, .paint: Self.uncompressed(mostPixels ?? 0)
        }
    }

    private static func uncompressed(_ pixels: Int) -> Int { min(pixels, 1 << 30) / 8 * 36 + 1_048_576 }
}

import CPixels
import Domain

/// Planes of 8-bit samples in memory of their own.
@safe struct SamplePlanes: ~Copyable {
    /// What the planes are of.
    enum Kind: Hashable {
        case grey
        /// Luma and two planes of chroma; whether chroma has half the samples each way.
        case luma(halfChroma: Bool)
        case rgb
    }

    let size: PixelSize
    let kind: Kind
    let count: Int
    private let planes: UnsafeMutablePointer<kn_plane>

    /// Planes without content; everything in them has to be written before it is read.
    init(_ size: PixelSize, _ kind: Kind) {
        self.size = size
        self.kind = kind
        count = kind == .grey ? 1 : 3
        unsafe planes = .allocate(capacity: count)
        for index in 0..<count {
            let half = kind == .luma(halfChroma: true) && index > 0
            let width = half ? (size.width + 1) / 2 : size.width
            let height = half ? (size.height + 1) / 2 : size.height
            // Whole blocks of a JPEG, so that most rows can be encoded from where they are.
            let stride = (width + 15) / 16 * 16
            let plane = unsafe kn_plane(
                samples: .allocate(capacity: stride * height), width: Int32(width), height: Int32(height),
                stride: stride)
            unsafe (planes + index).initialize(to: plane)
        }
    }

    deinit {
        for index in 0..<count { unsafe planes[index].samples?.deallocate() }
        unsafe planes.deallocate()
    }

    /// For the kernels that write or read them; valid as long as this value.
    @unsafe var pointer: UnsafeMutablePointer<kn_plane> { unsafe planes }

    /// Brought upright from an EXIF orientation.
    borrowing func upright(from orientation: Int) throws(ImagingError) -> SamplePlanes {
        let turned = orientation > 4 ? PixelSize(width: size.height, height: size.width) : size
        let result = SamplePlanes(turned, kind)
        for index in 0..<count {
            try unsafe Kernel.require(
                kn_turn_plane(planes + index, Int32(orientation), result.planes + index), .convert)
        }
        return result
    }

    /// Shrunk to a smaller size.
    borrowing func shrunk(to size: PixelSize) throws(ImagingError) -> SamplePlanes {
        let result = SamplePlanes(size, kind)
        for index in 0..<count {
            let from = unsafe planes[index]
            guard let samples = unsafe from.samples,
                let shrinker = unsafe kn_shrinker_new(from.width, from.height, result.planes + index)
            else { throw Kernel.noMemory }
            let rows = unsafe Int(from.height)
            for row in 0..<rows { unsafe kn_shrinker_push(shrinker, samples + row * from.stride) }
            unsafe kn_shrinker_free(shrinker)
        }
        return result
    }

    /// Encodes with no metadata at all: luma and chroma to a JPEG, the others to JPEG or PNG.
    borrowing func encoded(as format: PictureFormat, quality: Int) throws(ImagingError) -> [UInt8] {
        let quality = Int32(min(max(quality, 1), 100))
        let made =
            switch (format, kind) {
            case (.png, .grey), (.png, .rgb): try png()
            case (.jpeg, .rgb): try unsafe Kernel.adopt { unsafe kn_render_jpeg(planes, order, quality, &$0, &$1) }
            case (.jpeg, _):
                try unsafe Kernel.adopt { unsafe jp_encode_planes(planes, Int32(count), quality, &$0, &$1) }
            default: nil as [UInt8]?
            }
        guard let made else { throw .failed(.encode, detail: "no encoder for these planes") }
        return made
    }

    private var order: [kn_render] {
        let width = Int32(size.width)
        let height = Int32(size.height)
        return [
            kn_render(
                scaled_width: width, scaled_height: height, canvas_width: width, canvas_height: height,
                detail: kn_bank_choice(bank: 0, share: 0), threads: 1)
        ]
    }

    /// Grey as three equal colours: not every reader of a model service takes grey.
    private func png() throws(ImagingError) -> [UInt8]? {
        let colours = unsafe (0..<3).map { unsafe planes[min($0, count - 1)] }
        return try unsafe Kernel.adopt { unsafe kn_render_png(colours, order, PN_FAST, &$0, &$1, nil) }
    }
}

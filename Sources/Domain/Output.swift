/// A picture format that Darkroom writes; references are sent as PNG or JPEG.
package enum PictureFormat: String, Sendable, Codable, CaseIterable {
    case png, jpeg, webp, avif, jxl

    /// Suffix of a file in this format, without the dot.
    package var suffix: String { self == .jpeg ? "jpg" : rawValue }

    /// Media type, as registered with IANA.
    package var mediaType: String { "image/" + rawValue }
}

/// What becomes of a picture whose aspect ratio differs from the asked size.
package enum Fit: String, Sendable, Codable, CaseIterable {
    /// The whole picture, as large as fits; the result may be smaller than the box on one side.
    case inside
    /// Fills the box; what stands over is cut from the centre.
    case cover
    /// The whole picture on a plain ground that fills the box.
    case pad
}

/// How a picture that has to grow is enlarged (`output.upscale`).
package enum UpscaleMode: String, Sendable, Codable, CaseIterable {
    /// Lanczos3.
    case plain
    /// Lanczos3 and the detail that trained filters add to it; plain where no bank of them suits the picture.
    case enhanced

    /// Where neither job nor configuration says.
    package static let standard = UpscaleMode.enhanced
}

/// How hard the PNG writer tries (`output.png`).
package enum PNGEffort: String, Sendable, Codable, CaseIterable {
    case fast, balanced, small
}

/// Width and height in pixels.
package struct PixelSize: Sendable, Hashable, Codable, CustomStringConvertible {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    package var pixels: Int { width * height }
    package var longEdge: Int { max(width, height) }
    package var description: String { "\(width)x\(height)" }
}

/// The size asked of an output (`output.size`).
package enum OutputSize: Sendable, Hashable, CustomStringConvertible {
    /// No resampling; re-encoded only.
    case native
    /// The long edge in pixels, aspect kept (`4k` is 3840).
    case long(Int)
    /// A box in pixels; `Fit` says how it is filled.
    case box(PixelSize)

    /// Largest edge of an output in pixels: the limit of WebP, below those of PNG and JPEG.
    package static let largestEdge = 16_383

    /// Reads `4k`, `uhd`, `dci`, `8k`, `native`, `WxH` or `long=N`; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "native": self = .native
        case "4k": self = .long(3840)
        case "8k": self = .long(7680)
        case "uhd": self = .box(PixelSize(width: 3840, height: 2160))
        case "dci": self = .box(PixelSize(width: 4096, height: 2160))
        default:
            if text.hasPrefix("long=") {
                guard let edge = Self.edge(text.dropFirst(5)) else { return nil }
                self = .long(edge)
                return
            }
            let sides = text.split(separator: "x", omittingEmptySubsequences: false)
            guard sides.count == 2, let width = Self.edge(sides[0]), let height = Self.edge(sides[1])
            else { return nil }
            self = .box(PixelSize(width: width, height: height))
        }
    }

    package var description: String {
        switch self {
        case .native: "native"
        case .long(3840): "4k"
        case .long(let edge): "long=\(edge)"
        case .box(let size): size.description
        }
    }

    private static func edge(_ text: Substring) -> Int? {
        guard text.count <= 5, text.allSatisfy({ $0.isASCII && $0.isNumber }), let edge = Int(text) else { return nil }
        return (16...largestEdge).contains(edge) ? edge : nil
    }
}

/// Where a picture's pixels go to reach an asked size: scaled to `scaled`, then cut or set on a ground of `canvas`.
package struct Geometry: Sendable, Hashable {
    /// Size after resampling, before cutting or padding.
    package let scaled: PixelSize
    /// Size of the finished picture.
    package let canvas: PixelSize

    /// Plans the way from `native` to `size` under `fit`.
    package init(native: PixelSize, size: OutputSize, fit: Fit) {
        switch size {
        case .native:
            scaled = native
            canvas = native
        case .long(let edge):
            scaled = Self.scale(native, by: Double(edge) / Double(native.longEdge), exactLong: edge)
            canvas = scaled
        case .box(let box):
            let across = Double(box.width) / Double(native.width)
            let down = Double(box.height) / Double(native.height)
            switch fit {
            case .inside:
                scaled = Self.scale(native, by: min(across, down), within: box)
                canvas = scaled
            case .pad:
                scaled = Self.scale(native, by: min(across, down), within: box)
                canvas = box
            case .cover:
                let grown = Self.scale(native, by: max(across, down))
                scaled = PixelSize(width: max(grown.width, box.width), height: max(grown.height, box.height))
                canvas = box
            }
        }
    }

    /// How much the long edge grew; 1 when nothing was resampled.
    package func factor(from native: PixelSize) -> Double {
        Double(scaled.longEdge) / Double(native.longEdge)
    }

    private static func scale(_ size: PixelSize, by factor: Double, exactLong: Int? = nil) -> PixelSize {
        func side(_ length: Int) -> Int {
            if let exactLong, length == size.longEdge { return exactLong }
            return max(1, Int((Double(length) * factor).rounded()))
        }
        return PixelSize(width: side(size.width), height: side(size.height))
    }

    private static func scale(_ size: PixelSize, by factor: Double, within box: PixelSize) -> PixelSize {
        let grown = scale(size, by: factor)
        return PixelSize(width: min(grown.width, box.width), height: min(grown.height, box.height))
    }
}

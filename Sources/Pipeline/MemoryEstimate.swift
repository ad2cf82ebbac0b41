import Domain
import Inspection

/// Bytes of memory that a picture takes while an image worker has it: what admission goes by (`workers.memory`).
///
/// The figures are upper bounds read from the way each format is decoded and encoded, not measured averages: an estimate that
/// is too small lets the machine run out of memory, one that is too large only makes a job wait.
enum MemoryEstimate {
    /// A worker with its libraries and codecs, before any picture.
    private static let worker = 48 << 20

    /// A reference on its way to the size it is sent at.
    ///
    /// - Parameters:
    ///   - report: what the scanner says of the file; nil where it is no picture, which a worker finds out cheaply.
    ///   - bytes: of the file.
    ///   - edge: longest side of the result.
    static func normalizing(_ report: PictureReport?, bytes: Int, edge: Int) -> Int {
        guard let report else { return worker + bytes }
        let source = area(report.width ?? 0, report.height ?? 0)
        let result = min(source, area(edge, edge))
        // Rows: only those under the kernel are kept. Whole: coefficients of 16 bits of a progressive JPEG; 16 bits and
        // alpha of an interlaced PNG; planes, a copy and its conversion of everything else.
        let each =
            switch (report.container, report.isProgressive) {
            case (.jpeg, false), (.png, false): 1
            case (.jpeg, true): 6
            default: 12
            }
        return worker + bytes + source * each + result * 8
    }

    /// A mask: its pixels, two copies, and the result.
    static func masking(_ report: PictureReport?, bytes: Int, to size: PixelSize) -> Int {
        guard let report else { return worker + bytes }
        return worker + bytes + area(report.width ?? 0, report.height ?? 0) * 13 + area(size.width, size.height) * 10
    }

    /// A model's picture on its way to an output of `canvas`.
    static func rendering(native: PixelSize, bytes: Int, canvas: PixelSize, as format: PictureFormat) -> Int {
        let each =
            switch format {
            case .png, .jpeg: 4
            // The pixels, the encoder's own planes, and what it searches in.
            case .webp: 12
            case .avif: 26
            case .jxl: 46
            }
        return worker + bytes + area(native.width, native.height) * 12 + area(canvas.width, canvas.height) * each
    }

    /// Pixels, of sides that a file only claims to have.
    private static func area(_ width: Int, _ height: Int) -> Int {
        let (pixels, isTooMuch) = min(width, 1 << 20).multipliedReportingOverflow(by: min(height, 1 << 20))
        return isTooMuch ? 1 << 40 : max(0, pixels)
    }
}

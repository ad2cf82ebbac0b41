/// The marked picture that stands beside a protected output.
package enum Preview {
    /// Its longer side, pixels; that of a smaller output is its own.
    package static let longEdge = 1024

    /// Its size for an output of this size.
    package static func size(of output: PixelSize) -> PixelSize {
        guard output.longEdge > longEdge else { return output }
        return Geometry(native: output, size: .long(longEdge), fit: .inside).canvas
    }

    /// Its name for an output of this name: `JOB-1.preview.jpg` beside `JOB-1.png`.
    package static func name(of output: String) -> String {
        (output.lastIndex(of: ".").map { String(output[..<$0]) } ?? output) + ".preview." + format.suffix
    }

    package static let format = PictureFormat.jpeg
}

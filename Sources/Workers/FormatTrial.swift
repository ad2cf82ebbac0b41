package import Domain
import Imaging
package import Inspection

/// Which kinds of pictures workers can open and make here, tried with a small one of each: a codec can be missing although
/// the library is there.
package struct FormatTrial: Sendable {
    /// Why pictures of a kind cannot be opened; what is not in it can.
    package internal(set) var unreadable: [Container: WorkerError] = [:]
    /// Why outputs cannot be made in a format; what is not in it can.
    package internal(set) var unwritable: [PictureFormat: WorkerError] = [:]
}

extension WorkerPool {
    /// Tries every format; throws only when no worker can be had at all. Takes a second or so.
    package func tryFormats() async throws(WorkerError) -> FormatTrial {
        var trial = FormatTrial()
        let size = PixelSize(width: 64, height: 64)
        var samples: [Container: [UInt8]] = [:]
        for format in PictureFormat.allCases {
            do throws(WorkerError) {
                let painted = try await paint(PaintOrder(seed: [1], size: size), references: [])
                let made = try await render(painted, as: RenderOrder(size: .native, fit: .inside, format: format))
                if let container = identify(made.bytes) { samples[container] = made.bytes }
            } catch {
                if case .refusedToStart = error { throw error }
                trial.unwritable[format] = error
            }
        }
        // What can not be made here can perhaps be read.
        samples[.avif] = Sample.bytes(Sample.avif)
        samples[.gif] = Sample.bytes(Sample.gif)
        samples[.heif] = Sample.bytes(Sample.heif)
        samples[.tiff] = Sample.bytes(Sample.tiff)
        // What could not be made could not be tried.
        for (format, container) in [(PictureFormat.jpeg, Container.jpeg), (.png, .png), (.webp, .webp)] {
            trial.unreadable[container] = trial.unwritable[format]
        }
        let limits = PictureLimits(accepted: Set(Container.allCases))
        for (container, bytes) in samples where container != .jxl {
            do throws(WorkerError) {
                _ = try await normalize(bytes, as: NormalizeOrder(maxEdge: 64, maxBytes: 1 << 20, limits: limits))
            } catch {
                if case .refusedToStart = error { throw error }
                trial.unreadable[container] = error
            }
        }
        return trial
    }
}

/// Grey pictures of our own making, as hexadecimal digits.
private enum Sample {
    /// 16 x 16 pixels.
    static let gif = """
        4749463839611000100080000047704c80808021ff0b4e45545343415045322e30030100000021f90405000000002c00000000100010
        0000020e8c8fa9cbed0fa39cb4da8bb33e05003b
        """
    /// 16 x 16 pixels.
    static let avif = """
        0000001c667479706176696600000000617669666d6966316d696166000000ea6d657461000000000000002168646c72000000000000
        000070696374000000000000000000000000000000000e7069746d00000000000100000022696c6f6300000000444000010001000000
        00010e000100000000000000150000002369696e6600000000000100000015696e6665020000000001000061763031000000006a6970
        72700000004b6970636f00000013636f6c726e636c78000200020006800000000c6176314381000c0000000014697370650000000000
        00001000000010000000107069786900000000030808080000001769706d610000000000000001000104818203840000001d6d646174
        12000a09180cffd8204040d0803206180000005005
        """
    /// 64 x 64 pixels, HEVC.
    static let heif = """
        0000001c6674797068656963000000006d696631686569636d696166000001426d657461000000000000002168646c72000000000000
        000070696374000000000000000000000000000000000e7069746d00000000000100000022696c6f6300000000444000010001000000
        0001660001000000000000000e0000002369696e6600000000000100000015696e666502000000000100006876633100000000c26970
        7270000000a46970636f00000078687663430103700000000000000000001ef000fcfdf8f800000f03200001001840010c01ffff0370
        0000030090000003000003001eba0240210001002b42010103700000030090000003000003001ea020810596ea4929ae6e04040c0800
        0003000800000300084022000100074401c172b022400000001469737065000000000000004000000040000000107069786900000000
        030808080000001669706d610000000000000001000103810283000000166d6461740000000a2801af0418fc4ad79bc0
        """
    /// One pixel, not compressed.
    static let tiff = """
        49492a0008000000090000010300010000000100000001010300010000000100000002010300030000007a0000000301030001000000
        010000000601030001000000020000001101040001000000800000001501030001000000030000001601030001000000010000001701
        0400010000000300000000000000080008000800808080
        """

    static func bytes(_ digits: String) -> [UInt8] {
        let values = digits.compactMap(\.hexDigitValue).map { UInt8($0) }
        return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}

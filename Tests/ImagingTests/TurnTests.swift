import CPixels
import Testing

@Suite struct TurnTests {
    @Test(arguments: 1...8, [(1, 1), (7, 9), (8, 16), (19, 24), (40, 8), (33, 65)])
    func `planes of any size are turned sample by sample`(orientation: Int, size: (Int, Int)) {
        let (width, height) = size
        var source = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 / 7) }
        let turned = orientation > 4
        let (newWidth, newHeight) = turned ? (height, width) : (width, height)
        var result = [UInt8](repeating: 0, count: newWidth * newHeight)
        let ended = unsafe source.withUnsafeMutableBufferPointer { from in
            unsafe result.withUnsafeMutableBufferPointer { to in
                var input = unsafe kn_plane(
                    samples: from.baseAddress, width: Int32(width), height: Int32(height), stride: width)
                var output = unsafe kn_plane(
                    samples: to.baseAddress, width: Int32(newWidth), height: Int32(newHeight), stride: newWidth)
                return unsafe kn_turn_plane(&input, Int32(orientation), &output)
            }
        }
        #expect(ended == KN_DONE)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                // Where the sample of an upright picture lies in the stored one. CIPA DC-008, figure of tag 0x0112.
                let (column, row) =
                    switch orientation {
                    case 2: (width - 1 - x, y)
                    case 3: (width - 1 - x, height - 1 - y)
                    case 4: (x, height - 1 - y)
                    case 5: (y, x)
                    case 6: (y, height - 1 - x)
                    case 7: (width - 1 - y, height - 1 - x)
                    case 8: (width - 1 - y, x)
                    default: (x, y)
                    }
                #expect(result[y * newWidth + x] == source[row * width + column])
            }
        }
    }

    @Test func `a plane of another size is refused`() {
        var source = [UInt8](repeating: 0, count: 12)
        var result = [UInt8](repeating: 0, count: 12)
        let ended = unsafe source.withUnsafeMutableBufferPointer { from in
            unsafe result.withUnsafeMutableBufferPointer { to in
                var input = unsafe kn_plane(samples: from.baseAddress, width: 4, height: 3, stride: 4)
                var output = unsafe kn_plane(samples: to.baseAddress, width: 4, height: 3, stride: 4)
                return unsafe kn_turn_plane(&input, 6, &output)
            }
        }
        #expect(ended == KN_ROOM)
    }
}

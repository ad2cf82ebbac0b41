import Domain
import Testing

@Suite struct OutputTests {
    @Test(arguments: [
        ("4k", OutputSize.long(3840)), ("uhd", .box(PixelSize(width: 3840, height: 2160))), ("native", .native),
        ("640x480", .box(PixelSize(width: 640, height: 480))), ("long=2048", .long(2048)), ("8k", .long(7680)),
    ])
    func `a size is read as written`(text: String, size: OutputSize) {
        #expect(OutputSize(text) == size)
    }

    @Test(arguments: ["", "4K ", "x", "640x", "-1x5", "long=", "long=0", "99999x16", "1e3x200", "640x480x2"])
    func `anything else is no size`(text: String) {
        #expect(OutputSize(text) == nil)
    }

    @Test func `4k makes the long edge exactly 3840 and keeps the aspect`() {
        let plan = Geometry(native: PixelSize(width: 1536, height: 1024), size: .long(3840), fit: .inside)
        #expect(plan.canvas == PixelSize(width: 3840, height: 2560))
        let tall = Geometry(native: PixelSize(width: 1023, height: 1537), size: .long(3840), fit: .cover)
        #expect(tall.canvas == PixelSize(width: 2556, height: 3840))
    }

    @Test func `cover fills the box and pad holds the whole picture`() {
        let native = PixelSize(width: 1024, height: 1024)
        let box = PixelSize(width: 3840, height: 2160)
        let cover = Geometry(native: native, size: .box(box), fit: .cover)
        #expect(cover.canvas == box && cover.scaled == PixelSize(width: 3840, height: 3840))
        let pad = Geometry(native: native, size: .box(box), fit: .pad)
        #expect(pad.canvas == box && pad.scaled == PixelSize(width: 2160, height: 2160))
        #expect(Geometry(native: native, size: .box(box), fit: .inside).canvas == PixelSize(width: 2160, height: 2160))
    }
}

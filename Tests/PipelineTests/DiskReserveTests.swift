import Disk
import Domain
import Pipeline
import Support
import Testing

@Suite struct DiskReserveTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch("reserve") }

    @Test func `room that is spoken for is not given twice`() throws {
        let free = try Folders.free(scratch.path).bytes
        let reserve = DiskReserve(folder: scratch.path, minFree: ByteCount(0))
        let most = free / 10 * 7
        #expect(reserve.reserve(most))
        #expect(!reserve.reserve(most))
        reserve.release(most)
        #expect(reserve.reserve(most))
    }

    @Test func `what must stay free is not given`() throws {
        let free = try Folders.free(scratch.path).bytes
        let reserve = DiskReserve(folder: scratch.path, minFree: ByteCount(Int(free) * 2))
        #expect(!reserve.reserve(1))
        #expect(!reserve.hasRoom)
    }

    @Test func `a folder that can not be asked has no room`() {
        let reserve = DiskReserve(folder: scratch.file("gone"), minFree: ByteCount(0))
        #expect(!reserve.reserve(1))
        #expect(!reserve.hasRoom)
    }
}

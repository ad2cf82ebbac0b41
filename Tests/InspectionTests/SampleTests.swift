import Foundation
import Inspection
import Testing

@Suite struct SampleTests {
    private static func sample(_ name: String) throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: root.appending(path: "samples/jobs").appending(path: name)))
    }

    @Test func `the sample photograph of the dogs carries all that a telephone leaves behind`() throws {
        let report = try inspect(Self.sample("alpine-dogs/dogs.jpg"))
        let kinds: Set<MetadataKind> = [
            .exif, .gps, .makerNote, .thumbnail, .orientation, .serialNumber, .creator, .time, .xmp, .photoshop, .iptc,
        ]
        #expect(Set(report.kinds) == kinds)
        #expect(report.orientation == 6 && report.width == 1800 && report.height == 1198 && report.damage == nil)
    }

    @Test(arguments: ["dandelion.jpg", "alpine-dogs/mountains.jpg"])
    func `the other sample photographs are clean`(name: String) throws {
        #expect(try inspect(Self.sample(name)).violations(through: .reference) == [])
    }
}

import Domain
import Inspection
import Provenance

private let packet = XMPPacket(
    sourceType: .trainedAlgorithmicMedia, aiSystem: "System", aiSystemVersion: nil, generatorVersion: "1",
    created: "2026-11-21T10:00:00Z", documentID: "0b9d5b0e-6f0e-4c7e-9a52-3f1f4a1f9c11", isSimulated: false)

/// Putting the mark in: what the gate calls clean gets exactly one packet, which stands there word for word, and says
/// the same of its pixels as before.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEmbedder(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let before = try? inspect(bytes), let marked = try? embed(packet, into: bytes) else { return 0 }
    guard let after = try? inspect(marked) else { fatalError("the marked file is no picture") }
    check(after.violations(through: .output(allowingXMP: 1)).isEmpty, "the marked file does not pass")
    check(
        after.container == before.container && after.width == before.width && after.height == before.height,
        "another container or size")
    check(after.hasAlpha == before.hasAlpha && after.packets.count == 1, "another alpha or packets")
    check(after.packets.allSatisfy { marked[$0].elementsEqual(packet.text.utf8) }, "the packet is another")
    check(readMarks(of: marked).digitalSourceType == "trainedAlgorithmicMedia", "the mark is not found")
    return 0
}

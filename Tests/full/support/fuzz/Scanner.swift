import Domain
import Inspection
import Provenance

/// The container scanner: whatever the bytes, it comes to an end in time, stays inside the file, and lets nothing
/// through that is followed by a byte of something else.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScanner(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let report = try? inspect(bytes, sumsPixels: count % 2 == 0) else { return 0 }
    check(report.work <= 256 + 80 * count, "\(report.work) steps for \(count) bytes")
    for finding in report.findings {
        check(finding.offset >= 0 && finding.length >= 0, "\(finding)")
        check(finding.offset + finding.length <= count, "\(finding) in \(count) bytes")
    }
    for packet in report.packets { check(packet.lowerBound >= 0 && packet.upperBound <= count, "\(packet)") }
    _ = readMarks(of: bytes)
    for violation in report.violations(through: .output(allowingXMP: 1)) { _ = violation.description }
    if report.violations(through: .reference).isEmpty {
        let longer = (try? inspect(bytes + [0x50]))?.violations(through: .reference)
        check(longer?.isEmpty != true, "a byte behind the end of a \(report.container) file passes")
    }
    if report.container == .webp, let pixels = pixelsOnly(webp: bytes) {
        check(pixels.count <= count + 18, "cutting makes longer")
    }
    return 0
}

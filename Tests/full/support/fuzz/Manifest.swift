import Documents
import Domain

/// The readers of manifests and templates, and the JSON parser under them, in both dialects: whatever the bytes, an answer or a reason, and
/// what is read means the same when it is written and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    _ = Manifest.claimedID(bytes)
    _ = try? PromptTemplate.read(bytes).expanded(with: [.init(name: "title", value: "{{title}}")])
    _ = try? Manifest.plain(prompt: bytes, references: [], mask: nil)
    do throws(Reason) {
        let manifest = try Manifest.read(bytes)
        for name in manifest.images {
            check(!name.contains("/") && name != "..", "a name leads out of its folder")
        }
        guard let again = (try? JSONParser.parse(manifest.spec.stored.compact)).flatMap(JobSpec.init(stored:)) else {
            fatalError("a stored job can not be read again")
        }
        // Who asked, and for how long it is kept, is written elsewhere.
        var spec = manifest.spec
        (spec.id, spec.subject, spec.retainInputs, spec.retainOutputs) = (nil, nil, nil, nil)
        check(again == spec, "a stored job is another when it is read again")
    } catch {
        check(!error.message.isEmpty, "a reason without a sentence")
    }
    guard let value = try? JSONParser.parse(bytes, .relaxed) else { return 0 }
    for text in [value.compact, value.pretty] {
        check((try? JSONParser.parse(text)) == value, "what is written is another document")
    }
    return 0
}

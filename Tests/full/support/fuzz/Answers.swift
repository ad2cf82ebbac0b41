import Documents
import Domain
import Providers
import Settings
import Transport

#if MAI
    private let provider = Route.Provider.microsoftMAI
#elseif OPENAI
    private let provider = Route.Provider.openAI
#elseif AZURE
    private let provider = Route.Provider.azureOpenAI
#elseif GEMINI
    private let provider = Route.Provider.googleGemini
#elseif OPENROUTER
    private let provider = Route.Provider.openRouter
#endif

/// Keeps how long each picture is.
private final class Lengths: PictureSink {
    nonisolated(unsafe) var counts: [Int] = []

    func begin(_ number: Int) throws { unsafe counts.append(0) }
    func write(_ number: Int, _ bytes: UnsafeRawBufferPointer) throws { unsafe counts[number] += bytes.count }
    func end(_ number: Int) throws {}
}

private let statuses = [200, 200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 429, 500, 503]
private let families: [Route.Provider: String] = [
    .microsoftMAI: "2.6", .openAI: "gpt-image-2", .azureOpenAI: "gpt-image-2.5-flare",
    .googleGemini: "gemini-3-pro-image", .openRouter: "microsoft/mai-image-2.7",
]
private let route: Route = {
    var route = Route.offline
    (route.provider, route.family, route.deployment) = (provider, families[provider] ?? "", "model")
    route.acceptURLs = ["images.example.com"]
    return route
}()
private let adapter = Processor.builtIn(provider).adapter(for: route, endpoint: "http://127.0.0.1:1", key: nil)

/// The way of an answer up to what follows for its job: taken apart as it arrives, read, charged, decided. The first byte chooses the
/// status, the second how the answer is cut, the third a header; the rest is the body.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAnswers(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard bytes.count >= 3 else { return 0 }
    let status = statuses[Int(bytes[0]) % statuses.count]
    let body = Array(bytes[3...])
    let sink = Lengths()
    var stream = AnswerStream(sink)
    let piece = Int(bytes[1]) + 1
    do {
        for at in stride(from: 0, to: body.count, by: piece) {
            try unsafe body[at..<min(at + piece, body.count)].withUnsafeBytes { try unsafe stream.take($0) }
        }
    } catch {
        // An answer over its limits ends the exchange.
        return 0
    }
    var headers: [String: String] = [:]
    let text = String(decoding: body.prefix(32), as: UTF8.self)
    switch bytes[2] % 6 {
    case 0: headers["retry-after"] = text
    case 1: headers["retry-after-ms"] = text
    case 2: headers = ["retry-after": text, "date": "Tue, 01 Dec 2026 00:00:00 GMT"]
    case 3: headers = ["x-request-id": text, "x-generation-id": text]
    default: break
    }
    judge(AnswerHead(status: status, headers: headers, bodyBytes: body.count), stream.rest, unsafe sink.counts)
    return 0
}

private func judge(_ head: AnswerHead, _ rest: [UInt8], _ lengths: [Int]) {
    guard let adapter else { return }
    let (verdict, answer) = adapter.read(head, body: rest)
    let again = adapter.read(head, body: rest)
    check(again.0 == verdict && again.1 == answer, "an answer is another when it is read again")
    check((verdict.callClass == .success) == (answer != nil), "a success without a picture, or the other way round")
    check(answer?.pictures.isEmpty != true, "an answer without a picture")
    for picture in answer?.pictures ?? [] {
        switch picture {
        case .bytes(let bytes): check(!bytes.isEmpty, "an empty picture")
        // A service may write such a mark itself: whoever takes the picture looks whether it came.
        case .part(let number): check(number < AnswerStream.mostPictures, "a picture beyond the last")
        case .url(let url): _ = PictureAddress(url)?.redirected(to: url)?.isAllowed(by: route, endpoint: "https://a.b")
        }
    }
    for word in [verdict.providerCode, verdict.requestID, answer?.model].compactMap({ $0 }) {
        check(
            word.utf8.count <= 64 && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a provider's own words are kept")
    }
    check((verdict.wait ?? .zero) >= .zero && (verdict.wait ?? .zero) <= .hours(24), "a wait out of bounds")
    for estimate in [0, 40_000, Int64.max] as [Int64] {
        let charge = Charge(
            verdict.bill, billed: verdict.billed, drew: answer != nil, estimate: estimate, of: route.capability)
        check(charge.cost >= 0, "a negative cost")
        check(estimate != 40_000 || charge.cost <= 4_000_000, "a cost that this call cannot have had")
        check((charge.billed == .no) == (charge.source == .none), "money without a source")
        check(answer == nil || charge.billed == .yes, "a picture that was not paid for")
    }
    let decision = CallDecision(faultsBefore: 0, requestsPerMinute: 6, chance: 0.5)
    switch decision.next(after: verdict) {
    case .take: check(answer != nil, "nothing to take")
    case .fail(let reason), .hold(let reason): check(!reason.message.isEmpty, "a reason without a sentence")
    case .wait(let span, _): check(span >= .zero && span <= .hours(24), "a wait out of bounds")
    }
    var streak = RouteStreak()
    for job in 0..<6 { _ = streak.take(verdict, job: "\(job)", now: Int64(job)) }
}

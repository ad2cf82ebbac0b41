import Documents
package import Domain
import Glibc

/// An access token and when it ends.
package struct AccessToken: Sendable {
    package let text: SecretText
    /// By the wall clock.
    package let ends: Timestamp

    /// How long a token is used that does not say when it ends.
    package static let usualLife = Span.minutes(5)
    /// So long before its end a token is used no more: a request takes its way.
    package static let margin = Span.minutes(1)

    package func isFresh(at now: Timestamp) -> Bool { now.after(Self.margin) < ends }
}

extension AccessToken {
    /// Reads what a token command printed, or a token file holds: the token as text, or a JSON document as `az account
    /// get-access-token`, `azd auth token` and OAuth's token endpoints write it.
    ///
    /// - Parameter clean: makes a secret of text, or says why it can be none.
    static func read<Failure: Error>(
        _ bytes: [UInt8], now: Timestamp, _ clean: ([UInt8]) throws(Failure) -> SecretText
    ) throws(Failure) -> AccessToken {
        guard bytes.first(where: { ![9, 10, 13, 32].contains($0) }) == UInt8(ascii: "{") else {
            return AccessToken(text: try clean(bytes), ends: now.after(usualLife))
        }
        let document = (try? JSONParser.parse(bytes)) ?? .null
        let token = ["accessToken", "access_token", "token"].lazy.compactMap { document[$0]?.string }.first
        // Without one this is what says that the answer holds none.
        return AccessToken(text: try clean(Array((token ?? "").utf8)), ends: ends(document, now))
    }

    private static func ends(_ document: JSONValue, _ now: Timestamp) -> Timestamp {
        // Seconds since 1970 are the same for everybody; `expiresOn` of az is this machine's local time.
        if let seconds = seconds(document["expires_on"]) { return Timestamp(milliseconds: seconds * 1000) }
        if let moment = document["expiresOn"]?.string.flatMap(moment) { return moment }
        if let seconds = seconds(document["expires_in"]) { return now.after(.seconds(seconds)) }
        return now.after(usualLife)
    }

    /// As a number or as text; nil for what no token lives to see.
    private static func seconds(_ value: JSONValue?) -> Int64? {
        let number = value?.int.map { Int64($0) } ?? value?.string.flatMap { Int64($0) }
        return number.flatMap { (0...100_000_000_000).contains($0) ? $0 : nil }
    }

    /// `2026-11-21T18:00:00Z`, or `2026-11-21 18:00:00.000000` in local time.
    private static func moment(_ text: String) -> Timestamp? {
        let numbers = text.prefix(19).split(whereSeparator: { !$0.isNumber }).compactMap { Int32($0) }
        guard numbers.count == 6, (1970...9999).contains(numbers[0]), text.utf8.count <= 40 else { return nil }
        var parts = unsafe tm()
        unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
        unsafe parts.tm_isdst = -1
        let isUTC = text.hasSuffix("Z") || text.hasSuffix("+00:00")
        let seconds = unsafe isUTC ? timegm(&parts) : mktime(&parts)
        return seconds < 0 ? nil : Timestamp(milliseconds: Int64(seconds) * 1000)
    }
}

import Documents

/// What no job may hold, whatever else is right or wrong about its manifest; looked at first.
extension Manifest {
    static func refuse(_ document: JSONValue) throws(Reason) {
        if let place = cardNumber(in: document, at: "") {
            throw AbuseRule.cardNumber(in: place.isEmpty ? nil : place)
        }
        if let field = videoField(document) {
            throw Reason(
                .unsupportedParameter, "Darkroom makes pictures, not video", field: field, hint: "leave it out")
        }
    }

    /// The place of the first text that holds a card's number; of a key that does, the object it stands in.
    private static func cardNumber(in value: JSONValue, at place: String) -> String? {
        switch value {
        case .string(let text): return CardNumber.stands(in: text) ? place : nil
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let found = cardNumber(in: element, at: "\(place)[\(index)]") { return found }
            }
        case .object(let members):
            for member in members {
                if CardNumber.stands(in: member.key) { return place }
                let shown = JSONParser.shown(member.key)
                if let found = cardNumber(in: member.value, at: place.isEmpty ? shown : "\(place).\(shown)") {
                    return found
                }
            }
        case .null, .bool, .number: break
        }
        return nil
    }

    private static let videoKeys: Set<String> = [
        "video", "duration", "duration_seconds", "seconds", "n_seconds", "fps", "frame_rate", "frames", "num_frames",
    ]
    private static let videoFormats: Set<String> = ["mp4", "m4v", "webm", "mov", "avi", "mkv", "mpeg", "mpg", "ogv"]

    /// The first field that only a video has.
    private static func videoField(_ document: JSONValue) -> String? {
        for (place, object) in [
            ("", document), ("output.", document["output"] ?? .null), ("parameters.", document["parameters"] ?? .null),
        ] {
            if let found = object.members?.first(where: { videoKeys.contains($0.key) }) { return place + found.key }
        }
        let format = document["output"]?["format"]?.string?.lowercased()
        return format.map(videoFormats.contains) == true ? "output.format" : nil
    }
}

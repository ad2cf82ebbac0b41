package import Documents

/// How long whoever receives data keeps it by itself, written `"none"`, `"30d"`, `"unknown"`.
package enum KeptFor: Sendable, Hashable, CustomStringConvertible {
    case nothing
    case atMost(Span)
    /// Nothing establishes it.
    case unknown

    /// Nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "none": self = .nothing
        case "unknown": self = .unknown
        default:
            guard let span = Span(text) else { return nil }
            self = span == .zero ? .nothing : .atMost(span)
        }
    }

    /// What can be asked for: anything that is known.
    package init?(limit text: String) {
        guard let kept = KeptFor(text), kept != .unknown else { return nil }
        self = kept
    }

    package var description: String {
        switch self {
        case .nothing: "none"
        case .unknown: "unknown"
        case .atMost(let span):
            span.milliseconds % 86_400_000 == 0 ? "\(span.milliseconds / 86_400_000)d" : span.description
        }
    }

    /// Whether who keeps it for so long keeps it no longer than `limit`; what is not known is within nothing.
    package func isWithin(_ limit: KeptFor) -> Bool {
        switch (self, limit) {
        case (.unknown, _), (_, .unknown): false
        case (.nothing, _): true
        case (.atMost, .nothing): false
        case (.atMost(let span), .atMost(let most)): span <= most
        }
    }
}

/// Whether whoever receives data trains models on it.
package enum Training: String, Sendable, CaseIterable {
    case never, may
    /// Nothing establishes it.
    case unknown
}

/// Names of places, `eu` or `eu-north`, as an operator writes them.
package enum Region {
    /// This machine: data that stays on it is wherever it may be.
    package static let local = "local"

    /// The name in the form that is compared; nil for what is no name of `[A-Za-z0-9-]{1,32}`.
    package static func named(_ text: String) -> String? {
        let isName = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
        }
        return isName && (1...32).contains(text.utf8.count) ? text.lowercased() : nil
    }

    /// Whether `region` is one of these, or a part of one: `eu-north` lies in `eu`.
    package static func lies(_ region: String, in regions: [String]) -> Bool {
        region == local || regions.contains { region == $0 || region.hasPrefix($0 + "-") }
    }
}

/// What a row of the register says of where data goes and what becomes of it there.
package struct ProcessorTerms: Sendable, Hashable {
    /// Every place where it may be processed; empty where nothing establishes it.
    package var regions: [String]
    package var retention: KeptFor
    package var training: Training

    package init(regions: [String] = [], retention: KeptFor = .unknown, training: Training = .unknown) {
        self.regions = regions
        self.retention = retention
        self.training = training
    }

    package var regionWords: String { regions.isEmpty ? "unknown" : regions.joined(separator: " ") }
}

/// What is asked of whoever receives something of a job, by the job itself or by its policy. What is not known meets nothing.
package struct ProcessorDemand: Sendable, Hashable {
    /// Nil leaves the place open.
    package var regions: [String]?
    /// Longest that the data may be kept; nil leaves it open.
    package var retention: KeptFor?

    package init(regions: [String]? = nil, retention: KeptFor? = nil) {
        self.regions = regions
        self.retention = retention
    }

    package var isEmpty: Bool { regions == nil && retention == nil }

    /// What the terms do not meet.
    package enum Shortfall: Sendable, Hashable {
        case regions(asked: String)
        case retention(asked: String)
    }

    /// The first of them; nil where the terms meet all that is asked.
    package func shortfall(of terms: ProcessorTerms) -> Shortfall? {
        if let regions, terms.regions.isEmpty || !terms.regions.allSatisfy({ Region.lies($0, in: regions) }) {
            return .regions(asked: regions.joined(separator: " "))
        }
        if let retention, !terms.retention.isWithin(retention) { return .retention(asked: retention.description) }
        return nil
    }
}

extension ProcessorDemand {
    /// Names of places in the form that is compared; nil for what is no list of at least one.
    package static func regions(_ value: JSONValue) -> [String]? {
        guard let words = value.array, (1...64).contains(words.count) else { return nil }
        let regions = words.compactMap { $0.string.flatMap(Region.named) }
        return regions.count == words.count ? regions : nil
    }

    /// As a job says it; nil where nothing is asked.
    package var document: JSONValue? {
        isEmpty
            ? nil
            : .fields([
                "regions": regions.map { .array($0.map { .string($0) }) },
                "provider_retention": .text(retention?.description),
            ])
    }
}

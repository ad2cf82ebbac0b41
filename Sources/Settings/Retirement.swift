import Disk
import Domain

/// A model family that has ended, or will, and who says so.
package struct Retirement: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// The provider's own lifecycle or deprecation page.
        case published
        /// Price tables and adapters of others, which cite the provider or contradict each other.
        case thirdParty
    }

    package let families: [String]
    /// The UTC day on which it ends; nil where it is only said to be deprecated.
    package let day: String?
    package let source: Source
    /// The family that takes its place.
    package let successor: String

    /// What to change in the configuration.
    package var remedy: String { "set the route to \(successor)" }

    /// A sentence for people: "its provider ended it on 2026-10-23".
    package var sentence: String {
        let who = source == .published ? "its provider" : "third parties, not its provider, say that it"
        guard let day else { return "\(who) \(source == .published ? "has deprecated it" : "is deprecated")" }
        return source == .published ? "\(who) ends it on \(day)" : "\(who) ends on \(day)"
    }

    /// Whether the day has come.
    func hasCome(on today: String) -> Bool { day.map { $0 <= today } ?? false }
}

extension Route.Provider {
    /// Families with a known end; state of 2026-12-01.
    ///
    /// Sources: developers.openai.com/api/docs/deprecations; ai.google.dev/gemini-api/docs/deprecations; the MAI how-to page of
    /// learn.microsoft.com (2026-09-04); others are third parties.
    package var retirements: [Retirement] {
        func published(_ families: String, _ day: String?, _ successor: String) -> Retirement {
            Retirement(
                families: families.split(separator: " ").map(String.init), day: day, source: .published,
                successor: successor)
        }
        func hearsay(_ families: String, _ day: String?, _ successor: String) -> Retirement {
            Retirement(
                families: families.split(separator: " ").map(String.init), day: day, source: .thirdParty,
                successor: successor)
        }
        let openAI = [
            published("dall-e-2 dall-e-3", "2026-05-12", "gpt-image-2"),
            published("gpt-image-1", "2026-10-23", "gpt-image-2"),
            published("gpt-image-1-mini gpt-image-1.5 chatgpt-image-latest", "2026-12-01", "gpt-image-2"),
        ]
        let google = [
            published(
                "gemini-2.5-flash-image-preview gemini-3-pro-image-preview gemini-3.1-flash-image-preview",
                "2026-06-25",
                "gemini-nano-banana-2.1"),
            hearsay("gemini-3.1-flash-image", "2026-10-29", "gemini-nano-banana-2.1"),
            hearsay("gemini-2.5-flash-image", "2027-03-15", "gemini-nano-banana-2.1"),
        ]
        let mai = [
            hearsay("2 2e", nil, "2.6"), hearsay("2.5 2.5-pro", "2026-10-01", "2.6"),
            hearsay("2.5-flash", "2026-10-01", "2.6-flash"),
        ]
        func routed(_ rows: [Retirement], _ prefix: String) -> [Retirement] {
            rows.map { row in
                Retirement(
                    families: row.families.map { prefix + $0 }, day: row.day, source: row.source,
                    successor: prefix + row.successor)
            }
        }
        return switch self {
        case .openAI: openAI
        case .azureOpenAI:
            [
                hearsay("gpt-image-2", "2027-10-21", "gpt-image-2.6-flare"),
                hearsay("gpt-image-2.5-flare", "2027-09-09", "gpt-image-2.6-flare"),
                hearsay("gpt-image-2.5-sunburst", "2027-09-09", "gpt-image-2.6-sunburst"),
            ]
        case .googleGemini: google
        case .microsoftMAI: mai
        case .openRouter:
            routed(openAI, "openai/") + routed(google, "google/") + routed(mai, "microsoft/mai-image-")
        case .simulator: []
        }
    }

    /// The row of a family, or of a model's name with the day of its version behind it; nil for one without a known end.
    func retirement(of family: String) -> Retirement? {
        retirements.first { row in row.families.contains { family == $0 || family.hasPrefix($0 + "-20") } }
    }
}

extension Route {
    /// What is known of the end of the route's family, whether or not its day has come.
    package var lifecycle: Retirement? { provider.retirement(of: family) }

    /// The end of the route's family, where its provider has published it and the day has come: the route is not called.
    package var retirement: Retirement? {
        let today = String(Timestamp(milliseconds: Monotonic.wall()).description.prefix(10))
        return lifecycle.flatMap { $0.source == .published && $0.hasCome(on: today) ? $0 : nil }
    }
}

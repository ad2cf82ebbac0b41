package import Domain

/// What an operator promises to the people whose pictures these are: one of those that Darkroom brings, or a file's.
package struct Policy: Sendable, Equatable {
    package var id = "default"
    /// The file it was read from; nil for one that Darkroom brings.
    package var source: String?
    /// Nil uses no credits.
    package var credits: CreditRules?

    package init() {}

    /// Policies of the public surface; only the first is built.
    package static let names = ["default", "maiimage2", "image2", "gptimg2", "imagen2026", "gptimage2-blog"]
}

/// What a policy takes from subjects for pictures.
package struct CreditRules: Sendable, Equatable {
    /// Credits that one delivered output costs.
    package var perOutput: Int64
    /// How long credits can be used after they are given; nil for ever.
    package var expire: Span?

    package init(perOutput: Int64, expire: Span? = nil) {
        self.perOutput = perOutput
        self.expire = expire
    }

    package static let mostPerOutput = 1_000_000
}

/// What a job asks for, read from its manifest and checked. References are positions: their names are not kept.
package struct JobSpec: Sendable, Hashable {
    /// 1 to 32,000 Unicode scalars.
    package var prompt: String
    /// What gave the prompt, with the version that was taken.
    package var template: TemplateUse?
    package var referenceCount = 0
    package var hasMask = false
    /// A route of the configuration; nil is the default one.
    package var model: String?
    package var aspectRatio: AspectRatio?
    /// Asked size of the model's picture.
    package var size: PixelSize?
    package var count = 1
    package var quality: String?
    package var background: String?
    package var seed: Int?
    /// The provider's own fields.
    package var parameters: [Parameter] = []
    package var output = OutputOrder()
    package var subject: String?
    /// What prices and limits of the policy hang on.
    package var plan: String?
    /// What the caller vouches for, names of `[a-z0-9_]{1,64}`.
    package var attestations: [String] = []
    /// What is asked of whoever receives something of the job.
    package var require = ProcessorDemand()
    /// Whether outputs are to stay beyond the time that the policy gives them.
    package var save = false
    /// Who may see the outputs.
    package var visibility = Visibility.private
    /// Whether outputs say that they are not to be mined, and get a marked preview each.
    package var protect = false
    package var retainInputs: Span?
    package var retainOutputs: Span?
    /// Micro-dollars.
    package var maxCost: Int64?
    package var priority = 0
    package var id: String?

    package init(prompt: String) {
        self.prompt = prompt
    }

    /// Longest prompt in Unicode scalars.
    package static let longestPrompt = 32_000
    /// Most outputs of one job.
    package static let mostOutputs = 10
}

/// Who may see the outputs of a job besides whoever takes them from its outcome folder.
package enum Visibility: String, Sendable, CaseIterable {
    /// Nobody.
    case `private`
    /// Whoever knows the name that they have in the gallery; its index does not list it.
    case unlisted
    /// Whoever looks into the gallery.
    case `public`
}

/// One of the provider's own fields, as JSON text.
package struct Parameter: Sendable, Hashable {
    package let name: String
    package let json: String

    package init(name: String, json: String) {
        self.name = name
        self.json = json
    }
}

/// What to make of the answer; nil takes the configured default.
package struct OutputOrder: Sendable, Hashable {
    package var size: OutputSize?
    package var fit: Fit?
    package var format: PictureFormat?
    package var quality: Int?
    package var upscale: UpscaleMode?
    package var original = false

    package init() {}
}

/// A ratio such as `16:9`, both sides 1 to 100.
package struct AspectRatio: Sendable, Hashable, CustomStringConvertible {
    package let across: Int
    package let down: Int

    package init?(across: Int, down: Int) {
        guard (1...100).contains(across), (1...100).contains(down) else { return nil }
        self.across = across
        self.down = down
    }

    package init?(_ text: String) {
        let sides = text.split(separator: ":", omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
            let across = Int(sides[0]), let down = Int(sides[1])
        else { return nil }
        self.init(across: across, down: down)
    }

    package var value: Double { Double(across) / Double(down) }
    package var description: String { "\(across):\(down)" }
}

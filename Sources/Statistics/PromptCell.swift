package import Domain

/// What is counted of a prompt: words of closed lists, and nothing of its text.
package struct PromptCell: Sendable, Hashable, Comparable {
    package enum Operation: String, Sendable, CaseIterable {
        case generate, edit, mask
    }

    /// The shape of the picture that is asked for.
    package enum Aspect: String, Sendable, CaseIterable {
        case tall, portrait, square, landscape, wide

        package init(_ size: PixelSize) {
            let ratio = Double(size.width) / Double(max(1, size.height))
            self =
                switch ratio {
                case ..<0.625: .tall
                case ..<0.9: .portrait
                case ...1.11: .square
                case ...1.6: .landscape
                default: .wide
                }
        }
    }

    /// How long the prompt is, in Unicode scalars.
    package enum Length: String, Sendable, CaseIterable {
        case upTo50 = "1-50"
        case upTo200 = "51-200"
        case upTo1000 = "201-1000"
        case more = "1001-"

        package init(_ count: Int) {
            self = count <= 50 ? .upTo50 : count <= 200 ? .upTo200 : count <= 1000 ? .upTo1000 : .more
        }
    }

    /// Provider and family, `openai/gpt-image-2`: what a table of ours names, never what an operator calls it.
    package let model: String
    package let operation: Operation
    package let aspect: Aspect
    /// The script of most letters: a coarse stand-in for the language.
    package let script: WritingSystem
    package let length: Length

    package init(model: String, operation: Operation, aspect: Aspect, script: WritingSystem, length: Length) {
        self.model = model
        self.operation = operation
        self.aspect = aspect
        self.script = script
        self.length = length
    }

    /// - Parameter picture: the size that is asked for.
    package init(of spec: JobSpec, model: String, picture: PixelSize) {
        self.init(
            model: model, operation: spec.hasMask ? .mask : spec.referenceCount > 0 ? .edit : .generate,
            aspect: Aspect(picture), script: WritingSystem(mostOf: spec.prompt),
            length: Length(spec.prompt.unicodeScalars.count))
    }

    /// All five, with bars between them.
    var text: String {
        [model, operation.rawValue, aspect.rawValue, script.rawValue, length.rawValue].joined(separator: "|")
    }

    /// Reads what `text` wrote; nil for anything else.
    init?(text: some StringProtocol) {
        let parts = String(text).split(omittingEmptySubsequences: false, whereSeparator: { $0 == "|" }).map(String.init)
        guard parts.count == 5, !parts[0].isEmpty, let operation = Operation(rawValue: parts[1]),
            let aspect = Aspect(rawValue: parts[2]), let script = WritingSystem(rawValue: parts[3]),
            let length = Length(rawValue: parts[4])
        else { return nil }
        self.init(model: parts[0], operation: operation, aspect: aspect, script: script, length: length)
    }

    package static func < (left: PromptCell, right: PromptCell) -> Bool { left.text < right.text }
}

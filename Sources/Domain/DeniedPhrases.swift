/// Phrases that no prompt may hold, and how a text is compared with them: word by word, whatever the case, the space between them
/// and what stands around.
///
/// Letters of scripts that are written without spaces count as words of their own. Not seen through: letters that only look like
/// others, words that are spelled wrong on purpose.
package struct DeniedPhrases: Sendable {
    /// A word by word tree of all phrases; node 0 is its root.
    private var nodes: [[String: Int]] = [[:]]
    private var ends: Set<Int> = []
    package private(set) var count = 0

    /// Most phrases, words of one, and scalars of a line.
    package static let mostPhrases = 10_000
    package static let mostWords = 64
    package static let longestLine = 1000

    package struct Unreadable: Error, Sendable {
        package let line: Int
        package let why: String
    }

    package init() {}

    /// One phrase a line; empty lines and those that begin with `#` are passed over.
    package static func read(_ text: String) throws(Unreadable) -> DeniedPhrases {
        var phrases = DeniedPhrases()
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard line.unicodeScalars.count <= longestLine else {
                throw Unreadable(line: index + 1, why: "is longer than \(longestLine) characters")
            }
            if line.drop(while: \.isWhitespace).hasPrefix("#") { continue }
            let words = words(of: String(line))
            if words.isEmpty {
                if line.allSatisfy(\.isWhitespace) { continue }
                throw Unreadable(line: index + 1, why: "has no word in it")
            }
            guard words.count <= mostWords else {
                throw Unreadable(line: index + 1, why: "has more than \(mostWords) words")
            }
            phrases.add(words)
            guard phrases.count <= mostPhrases else {
                throw Unreadable(line: index + 1, why: "is beyond \(mostPhrases) phrases")
            }
        }
        return phrases
    }

    private mutating func add(_ words: [String]) {
        var node = 0
        for word in words {
            if let next = nodes[node][word] {
                node = next
            } else {
                nodes.append([:])
                nodes[node][word] = nodes.count - 1
                node = nodes.count - 1
            }
        }
        if ends.insert(node).inserted { count += 1 }
    }

    /// Whether a text holds one of them, whole words only.
    package func stand(in text: String) -> Bool {
        guard count > 0 else { return false }
        let words = Self.words(of: text)
        return words.indices.contains { start in
            var node = 0
            for word in words[start...] {
                guard let next = nodes[node][word] else { return false }
                if ends.contains(next) { return true }
                node = next
            }
            return false
        }
    }

    /// Words in the form that is compared.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        func end() {
            // By upper case first: ß, final sigma and ligatures come to the same letters.
            if !word.isEmpty { words.append(String(word).uppercased().lowercased()) }
            word = String.UnicodeScalarView()
        }
        for scalar in text.unicodeScalars.map(plain) {
            let properties = scalar.properties
            // Nothing that can not be seen takes words apart.
            if properties.isDefaultIgnorableCodePoint { continue }
            let isPart = properties.isAlphabetic || properties.numericType == .decimal || properties.isDiacritic
            if !isPart {
                let isMark = [.nonspacingMark, .spacingMark, .enclosingMark].contains(properties.generalCategory)
                if isMark, !word.isEmpty { word.append(scalar) } else { end() }
            } else if [.han, .kana, .thai].contains(WritingSystem(of: scalar)) {
                end()
                word.append(scalar)
                end()
            } else {
                word.append(scalar)
            }
        }
        end()
        return words
    }

    /// Letters and digits in full width are the same ones.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    }
}

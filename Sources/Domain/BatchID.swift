/// The public name of a batch, `NAME-XXXXXXXX`: NAME is the label of its file, XXXXXXXX tells it from others of that name.
package struct BatchID: Sendable, Hashable, CustomStringConvertible {
    /// What all batches of that file name have in common.
    package let name: String
    /// Eight characters of Crockford base32.
    package let mark: String

    package var description: String { "\(name)-\(mark)" }

    /// - Parameters:
    ///   - name: of the file, as it was dropped and without its suffix.
    ///   - random: five bytes that belong to this batch alone.
    package init(name: String, random: some Sequence<UInt8>) {
        self.name = JobName.label(from: name)
        mark = JobName.suffix(from: random)
    }

    /// Reads `NAME-XXXXXXXX`; nil for anything else.
    package init?(_ text: String) {
        guard JobName.isValidID(text), let dash = text.lastIndex(of: "-"), dash != text.startIndex else { return nil }
        let mark = text[text.index(after: dash)...]
        guard mark.utf8.count == 8, mark.allSatisfy(JobName.crockford.contains) else { return nil }
        name = String(text[..<dash])
        self.mark = String(mark)
    }

    /// The id of the job of a line that has none of its own, `NAME-XXXXXXXX-000001`.
    package func job(ofLine number: Int) -> String {
        let digits = String(number)
        return "\(self)-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

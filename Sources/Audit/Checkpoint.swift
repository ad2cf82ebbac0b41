/// What a log stands for at one moment: its name, how many entries it has, and the root of their tree (C2SP tlog-checkpoint).
package struct Checkpoint: Sendable, Hashable {
    package let origin: String
    package let size: Int
    package let root: TreeHash

    package init(origin: String, size: Int, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The text of a checkpoint; lines after the third are read over, as the format wants.
    package init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 4, lines.last == "", !lines[0].isEmpty, let size = Int(lines[1]), String(size) == lines[1],
            size >= 0, let root = TreeHash(base64: lines[2])
        else { return nil }
        self.init(origin: lines[0], size: size, root: root)
    }

    package var text: String { "\(origin)\n\(size)\n\(root.base64)\n" }

    package func signed(with key: SigningKey) -> SignedNote { SignedNote(text, with: key) }

    /// What a signed checkpoint of the log says whose key this is.
    package static func open(_ note: String, with key: VerifierKey) throws(AuditError) -> Checkpoint {
        guard let note = SignedNote(note), let checkpoint = Checkpoint(text: note.text) else {
            throw .unreadable("that is no signed checkpoint")
        }
        guard checkpoint.origin == key.name, note.isSigned(by: key) else {
            throw .alarm("the checkpoint is not signed with the log's key")
        }
        return checkpoint
    }
}

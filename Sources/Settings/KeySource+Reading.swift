import Documents

extension KeySource {
    /// Where a key is read from, as the member `name` says.
    ///
    /// - Parameter takesTokens: whether an access token of Entra may stand in place of a key.
    static func read(_ name: String, of fields: FieldReader, takesTokens: Bool = false) -> KeySource? {
        guard let key = fields.object(name) else { return nil }
        let command = key.command("token_command")
        let sources: [KeySource] = [
            key.string("credential").map { .credential($0) }, key.string("file").map { .file($0) },
            key.string("env").map { .environment($0) }, command.map { .tokenCommand($0) },
            key.string("token_file").map { .tokenFile($0) },
        ].compactMap { $0 }
        for token in ["token_command", "token_file"] where key.has(token) && !takesTokens {
            key.fail(token, "is for microsoft-mai and azure-openai", hint: "credential, file or env")
        }
        let isAlone = key.keys.count(where: key.has) == 1
        fields.adopt(key.finish())
        if !isAlone {
            let tokens = takesTokens ? ", token_command or token_file" : ""
            fields.fail(
                name, "needs exactly one source", hint: "credential, file\(tokens.isEmpty ? " or" : ",") env\(tokens)")
        }
        return sources.first
    }
}

extension FieldReader {
    /// A program and its words.
    func command(_ name: String) -> [String]? {
        read(name, expecting: "a list of words, a program and what it is told") { value in
            let words = value.array?.compactMap(\.string) ?? []
            guard words.count == value.array?.count, (1...64).contains(words.count), words.first?.isEmpty == false,
                words.allSatisfy({ !$0.utf8.contains(0) && $0.utf8.count <= 4096 })
            else { return nil }
            return words
        }
    }
}

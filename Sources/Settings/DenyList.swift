import Disk
package import Domain
import Synchronization

/// The file of phrases that no prompt may hold (`abuse.deny_list`): read when it changes, and the last one that could be read holds
/// for as long as the file is faulty. Blocks on the disk.
package final class DenyList: Sendable {
    private let path: String
    private let known = Mutex<(info: FileInfo, phrases: DeniedPhrases)?>(nil)

    /// Nil where the configuration names no file.
    package init?(_ configuration: Configuration) {
        guard let path = configuration.denyList else { return nil }
        self.path = path
    }

    /// Most bytes of the file.
    private static let mostBytes = 1 << 20

    /// Refuses a prompt that holds one of the phrases; which one is said nowhere.
    package func check(_ prompt: String) throws(Reason) {
        let phrases: DeniedPhrases
        do throws(ConfigurationError) {
            phrases = try current()
        } catch {
            // Nothing has ever been read: better no job than one that nobody looked at.
            throw Reason(
                .internalFault, "the list of words that are refused can not be read", limit: "abuse.deny_list",
                hint: "the operator's to mend: darkroom config check says what is wrong")
        }
        guard phrases.stand(in: prompt) else { return }
        throw Reason(
            .contentBlockedInput, "the prompt holds words that are refused here", field: "prompt",
            limit: AbuseRule.denyList.limit, hint: "change the prompt")
    }

    /// What is wrong with the file; nil when all is well.
    package func fault() -> String? {
        do throws(ConfigurationError) {
            _ = try read()
            return nil
        } catch {
            return error.faults.joined(separator: "; ")
        }
    }

    /// How many phrases it holds; nil where it can not be read.
    package var count: Int? { try? read().count }

    private func current() throws(ConfigurationError) -> DeniedPhrases {
        let info = (try? Files.info(Files.absolute(path) ?? path)) ?? nil
        let held = known.withLock { $0 }
        if let held, held.info == info { return held.phrases }
        do throws(ConfigurationError) {
            let phrases = try read()
            // Read after it was looked at: what has come since is seen at the next look.
            if let info { known.withLock { $0 = (info, phrases) } }
            return phrases
        } catch {
            if let held { return held.phrases }
            throw error
        }
    }

    private func read() throws(ConfigurationError) -> DeniedPhrases {
        func error(_ why: String) -> ConfigurationError {
            ConfigurationError(source: "abuse.deny_list", faults: ["\(path) \(why)"])
        }
        let bytes: [UInt8]?
        do throws(DiskError) {
            bytes = try Files.read(Files.absolute(path) ?? path, limit: Self.mostBytes)
        } catch let failure {
            throw error("can not be read: \(DiskError.text(of: failure.code))")
        }
        guard let bytes else { throw error("is larger than 1 MB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw error("is not UTF-8 text") }
        do throws(DeniedPhrases.Unreadable) {
            return try DeniedPhrases.read(text)
        } catch let unreadable {
            throw error("line \(unreadable.line) \(unreadable.why)")
        }
    }
}

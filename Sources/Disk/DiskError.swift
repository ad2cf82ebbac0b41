import Glibc

/// A call to the file system that failed. Names no path: those of the inbox may be personal.
package struct DiskError: Error, Sendable, Hashable, CustomStringConvertible {
    package let operation: String
    /// `errno`.
    package let code: Int32

    package init(_ operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    /// No room left, in bytes, inodes or quota.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    package var isReadOnly: Bool { code == EROFS }
    package var isMissing: Bool { code == ENOENT }
    /// Something stands under that name already.
    package var isTaken: Bool { code == EEXIST || code == ENOTEMPTY }

    package var description: String { "could not \(operation): \(Self.text(of: code))" }

    package static func text(of code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

extension DiskError {
    /// A rename between two file systems.
    package var isOtherFileSystem: Bool { code == EXDEV }

    /// Another thing, or a link, stands where a folder or a file of its own should.
    package var isOtherKind: Bool { code == ENOTDIR || code == ELOOP }

    package static func missing(_ operation: String) -> DiskError { DiskError(operation, code: ENOENT) }
}

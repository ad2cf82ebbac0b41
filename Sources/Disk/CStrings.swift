import Glibc

/// A list of C strings that ends with NULL, for the time of `body`.
package func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe strings.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeBufferPointer { list in
        guard let start = list.baseAddress else { preconditionFailure("the list holds its NULL at least") }
        return unsafe body(start)
    }
}

import CCrypto

/// Room for one chunk on its way, overwritten when the value ends. Nothing else knows the room.
@safe struct WorkBuffer: ~Copyable, @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        unsafe storage = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit {
        // Only what was touched: untouched pages cost no memory, and should not begin to.
        unsafe OPENSSL_cleanse(storage.baseAddress, touched)
        unsafe storage.deallocate()
    }

    private var touched = 0

    var room: Int { unsafe storage.count - count }

    /// Takes as many of the bytes as `limit` leaves room for, and tells how many.
    mutating func fill(from bytes: RawSpan, upTo limit: Int) -> Int {
        let taken = min(bytes.byteCount, limit - count, room)
        guard taken > 0 else { return 0 }
        let start = count
        unsafe bytes.extracting(first: taken).withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[start...]).copyMemory(from: source)
        }
        resize(to: count + taken)
        return taken
    }

    mutating func resize(to count: Int) {
        self.count = count
        touched = max(touched, count)
    }

    /// All of the room, used or not.
    mutating func withRoom<Result>(_ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        unsafe body(storage)
    }

    borrowing func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe UnsafeRawBufferPointer(rebasing: storage[..<count]).bytes)
    }
}

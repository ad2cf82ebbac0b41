import CLinuxShim
import Disk

extension Descriptor {
    /// Takes over what a shim function gave: a descriptor, or minus an error number.
    init(_ result: Int32, for purpose: String) throws(WorkerError) {
        guard result >= 0 else { throw .noResources(detail: "\(purpose), error \(-result)") }
        self.init(adopting: result)
    }
}

extension Descriptor {
    /// A memory file that can never change again.
    static func sealed(holding bytes: [UInt8]) throws(WorkerError) -> Descriptor {
        let file = try Descriptor(lx_memory_file(), for: "memory file")
        let failed = unsafe bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return Int32(0) }
            return unsafe lx_write_all(file.number, start, bytes.count)
        }
        guard failed == 0, lx_seal(file.number) == 0 else {
            throw .noResources(detail: "memory file, error \(-failed)")
        }
        return file
    }

    /// Reads `length` bytes into memory of our own; never maps what another process can still write.
    borrowing func contents(length: Int) throws(WorkerError) -> [UInt8] {
        guard length > 0 else { throw .badAnswer(detail: "no bytes") }
        var failed: Int32 = 0
        let number = number
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            failed = unsafe lx_read_all(number, start, length)
            count = failed == 0 ? length : 0
        }
        guard failed == 0 else { throw .badAnswer(detail: "fewer bytes than it says") }
        return bytes
    }
}

import CLinuxShim
import Glibc

/// What this machine has.
package enum Machine {
    /// Processors that may be used, at least 1.
    package static var cores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Bytes of memory.
    package static var memory: Int { max(0, Int(sysconf(Int32(_SC_PHYS_PAGES)))) * Int(sysconf(Int32(_SC_PAGESIZE))) }

    /// How many files and sockets this process may have open.
    package static var openFiles: Int { limit(of: RLIMIT_NOFILE) }

    /// Bytes that a core file of this process may have.
    package static var coreBytes: Int { limit(of: RLIMIT_CORE) }

    /// No crash of this process leaves its memory anywhere, whatever the machine does with core files; nor may another program of
    /// the same user look into it. What root attaches by hand still may.
    package static func forbidCoreFiles() { lx_forbid_core_files() }

    private static func limit(of resource: __rlimit_resource) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    /// The host's name, for `origin_node`.
    package static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

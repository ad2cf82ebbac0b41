import Glibc

/// Users and groups of this machine, as the system's own lists know them.
package enum Accounts {
    /// The user that this process acts as.
    package static var own: UInt32 { geteuid() }

    /// The number of a user; nil where there is none of that name.
    package static func user(_ name: String) -> UInt32? {
        unsafe found { room, size in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            let code = unsafe getpwnam_r(name, &entry, room, size, &result)
            return unsafe (code, result?.pointee.pw_uid)
        }
    }

    /// The number of a group; nil where there is none of that name.
    package static func group(_ name: String) -> UInt32? {
        unsafe found { room, size in
            var entry = unsafe Glibc.group()
            var result: UnsafeMutablePointer<Glibc.group>?
            let code = unsafe getgrnam_r(name, &entry, room, size, &result)
            return unsafe (code, result?.pointee.gr_gid)
        }
    }

    /// Whether a user belongs to a group, as its own or as one of its members.
    package static func user(_ user: UInt32, isIn group: UInt32) -> Bool {
        let entry: (name: String, group: UInt32)? = unsafe found { room, size in
            var entry = unsafe passwd()
            var result: UnsafeMutablePointer<passwd>?
            let code = unsafe getpwuid_r(user, &entry, room, size, &result)
            guard let name = unsafe result?.pointee.pw_name else { return (code, nil) }
            return unsafe (code, (String(cString: name), entry.pw_gid))
        }
        guard let entry else { return false }
        var (groups, count) = ([gid_t](repeating: 0, count: 256), Int32(256))
        // A user of more groups than this is asked about in the first of them only.
        _ = unsafe getgrouplist(entry.name, entry.group, &groups, &count)
        return groups.prefix(Int(max(0, min(count, 256)))).contains(group)
    }

    /// Asks again with more room where an entry is long.
    private static func found<Value>(_ ask: (UnsafeMutablePointer<CChar>, Int) -> (Int32, Value?)) -> Value? {
        for size in [1024, 16_384, 1 << 20] {
            let room = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { unsafe room.deallocate() }
            let (code, value) = unsafe ask(room, size)
            if code != ERANGE { return value }
        }
        return nil
    }
}

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

    /// Asks again with more room where an entry is long.
    private static func found(_ ask: (UnsafeMutablePointer<CChar>, Int) -> (Int32, UInt32?)) -> UInt32? {
        for size in [1024, 16_384, 1 << 20] {
            let room = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { unsafe room.deallocate() }
            let (code, number) = unsafe ask(room, size)
            if code != ERANGE { return number }
        }
        return nil
    }
}

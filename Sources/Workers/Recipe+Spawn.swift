import CLinuxShim
import Disk
import Domain
import Glibc

extension Child.Recipe {
    /// The whole environment of a worker; nothing is inherited.
    private var environment: [String] {
        [
            "\(Child.parentVariable)=\(getpid())",
            "\(Lock.variable)=\(sandbox.rawValue)",
            "\(Equipment.variable)=\(equipment.rawValue)",
            "LC_ALL=C.UTF-8",
            // No modules: an ImageMagick module would look at bytes even when its loader is blocked.
            "VIPSHOME=/nonexistent",
            "VIPS_DISC_THRESHOLD=64g",
            // The runtime's crash handler would start another program, and hide the signal.
            "SWIFT_BACKTRACE=enable=no",
        ]
    }

    /// Starts the program; gives 0 or minus an error number.
    func spawn(socket: Int32, process: inout Int32) -> Int32 {
        unsafe withCStrings([executable] + arguments) { arguments in
            unsafe withCStrings(environment) { environment in
                unsafe lx_spawn(executable, arguments, environment, socket, keepErrorOutput ? 1 : 0, &process)
            }
        }
    }
}

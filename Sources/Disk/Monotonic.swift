import Glibc

/// The machine's clocks.
package enum Monotonic {
    /// Milliseconds of a clock that never jumps; sleep does not count.
    package static func milliseconds() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Milliseconds since boot, sleep included.
    package static func sinceBoot() -> Int64 { read(CLOCK_BOOTTIME) }

    /// Milliseconds since 1970, as the machine believes.
    package static func wall() -> Int64 { read(CLOCK_REALTIME) }

    /// Holds this thread for so long: for threads that may wait.
    package static func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

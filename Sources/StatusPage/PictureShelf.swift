import Disk

/// Outputs made small for the page: one at a time, so that looking takes little from the work, and kept for two minutes.
package actor PictureShelf {
    /// Makes a JPEG of the picture in a file; nil where it can not.
    package typealias Maker = @Sendable (_ path: String) async -> [UInt8]?

    private static let rest = Duration.seconds(120)

    private let make: Maker
    private var kept: [String: [UInt8]] = [:]
    private var making: [String: Task<[UInt8]?, Never>] = [:]
    private var last: Task<[UInt8]?, Never>?

    init(_ make: @escaping Maker) {
        self.make = make
    }

    /// The picture in `path`; nil once it is gone, or where it can not be shown.
    func picture(_ path: String) async -> [UInt8]? {
        guard await BlockingLane.disk.run({ Files.exists(path) }) else {
            kept[path] = nil
            return nil
        }
        if let known = kept[path] { return known }
        if let task = making[path] { return await task.value }
        let task = Task { [make, last] in
            _ = await last?.value
            return await make(path)
        }
        making[path] = task
        last = task
        let made = await task.value
        making[path] = nil
        // A task that has ended holds what it made.
        if last == task { last = nil }
        guard let made else { return nil }
        kept[path] = made
        // What is deleted meanwhile is not to stay in memory for as long as nobody asks.
        Task {
            try? await Task.sleep(for: Self.rest)
            kept[path] = nil
        }
        return made
    }
}

import Foundation

enum Children {
    /// Processes whose parent is `process`: the fourth field of `/proc/PID/stat`.
    static func of(_ process: Int32) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { candidate in
            guard let line = try? String(contentsOfFile: "/proc/\(candidate)/stat", encoding: .utf8) else {
                return false
            }
            let fields = line.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[1] == "\(process)"
        }
    }
}

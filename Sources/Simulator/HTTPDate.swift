import Domain

/// IMF-fixdate of RFC 9110.
enum HTTPDate {
    static func text(_ milliseconds: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let stamp = Timestamp(milliseconds: max(0, milliseconds)).description
        let date = stamp.prefix(10).split(separator: "-")
        guard date.count == 3, let month = Int(date[1]), (1...12).contains(month) else { return stamp }
        let day = days[Int(max(0, milliseconds) / 86_400_000 % 7)]
        return "\(day), \(date[2]) \(months[month - 1]) \(date[0]) \(stamp.dropFirst(11).prefix(8)) GMT"
    }
}

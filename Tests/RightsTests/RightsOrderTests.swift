import Domain
import Ledger
import Rights
import Testing

@Suite struct RightsOrderTests {
    private let now = Timestamp(milliseconds: 1_795_000_000_000)

    private func order(_ verb: String, _ change: (inout RightsOrder.Fields) -> Void = { _ in }) throws -> RightsOrder {
        var fields = RightsOrder.Fields()
        change(&fields)
        return try RightsOrder(verb, subject: "ann", fields, wall: now)
    }

    @Test func `what is asked is taken as it was said`() throws {
        #expect(try order("erase").cause == .request)
        #expect(try order("erase") { $0.reason = "minor" }.cause == .minor)
        let object = try order("object") {
            $0.purpose = "gallery"
            $0.withdraw = true
        }
        #expect(object.purpose == .gallery && object.isWithdrawn)
        let hold = try order("hold") {
            $0.reason = "case-7"
            $0.expires = "90d"
            $0.job = "fox"
        }
        #expect(hold.hold?.reason == "case-7" && hold.hold?.lasts == .hours(90 * 24) && hold.hold?.job == "fox")
        let amended = try order("amend") { $0.set = ["label=a=b", "preferences.tone=", "contact=x"] }.amendments
        #expect(amended.map(\.key) == ["label", "preferences.tone", "contact"])
        #expect(amended.map(\.value) == ["a=b", "", "x"])
    }

    @Test func `a hold that ends on a day ends with it`() throws {
        let day = Timestamp(milliseconds: now.milliseconds - now.milliseconds % 86_400_000)
        let text = String(day.after(.hours(48)).description.prefix(10))
        let hold = try order("hold") {
            $0.reason = "r"
            $0.expires = text
        }
        #expect(hold.hold.map { now.after($0.lasts) } == day.after(.hours(72)))
    }

    @Test(arguments: [
        ("hold", "expires", "0s"), ("hold", "expires", "yesterday"), ("hold", "expires", "2020-01-01"),
        ("hold", "expires", "9999d"), ("hold", "reason", "a name with blanks"), ("hold", "job", "../x"),
        ("erase", "reason", "because"), ("object", "purpose", "sale"), ("amend", "set", "name=x"),
        ("amend", "set", "label"), ("amend", "set", "preferences.A=x"), ("restrict", "reason", "x"),
        ("forget", "reason", "x"), ("object", "expires", "1d"),
    ])
    func `what makes no sense names its field`(verb: String, field: String, value: String) throws {
        let error = #expect(throws: RightsError.self) {
            try order(verb) { fields in
                if verb == "hold" { (fields.reason, fields.expires) = ("case", "1d") }
                if verb == "object" { fields.purpose = "gallery" }
                switch field {
                case "expires": fields.expires = value
                case "reason": fields.reason = value
                case "job": fields.job = value
                case "purpose": fields.purpose = value
                default: fields.set = [value]
                }
            }
        }
        guard case .order(let found, _, _)? = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(found == (verb == "forget" ? "verb" : field))
    }
}

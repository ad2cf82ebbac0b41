import HTTPServer
import Testing

@Suite struct MultipartFormTests {
    private func form(_ text: String, type: String = "multipart/form-data; boundary=b1") throws -> MultipartForm {
        try MultipartForm(body: Array(text.utf8), contentType: type)
    }

    @Test func `order, repeated names, file names and types are kept`() throws {
        let form = try form(
            "--b1\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n"
                + "one\r\n--b1\r\ncontent-disposition: form-data; name=image\r\n\r\n\r\n--b1 \r\n"
                + "Content-Disposition: form-data; name=\"prompt\"\r\n\r\na\r\n--b\r\nc\r\n--b1--\r\n")
        #expect(form.parts.map(\.name) == ["image", "image", "prompt"])
        #expect(form.parts.map(\.text) == ["one", "", "a\r\n--b\r\nc"])
        #expect(form.first("image")?.fileName == "a.png" && form.first("image")?.contentType == "image/png")
        #expect(form.all("image").count == 2 && form.all("image").last?.fileName == nil)
    }

    @Test(arguments: [
        #"form-data; name="say \"a;b\"""#, "form-data; name=\"say %22a;b%22\"",
        "form-data ; NAME = \"say %22a;b%22\" ;",
    ])
    func `a quoted name may hold quotes and semicolons`(disposition: String) throws {
        let form = try form("--b1\r\nContent-Disposition: \(disposition)\r\n\r\nx\r\n--b1--")
        #expect(form.parts.first?.name == "say \"a;b\"")
    }

    @Test func `the boundary may be quoted and a preamble may precede it`() throws {
        let form = try form(
            "hello\r\n--b 1\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b 1--bye",
            type: "Multipart/Form-Data; charset=utf-8; boundary=\"b 1\"")
        #expect(form.parts.map(\.text) == ["x"])
    }

    @Test func `a form without parts is one`() throws {
        #expect(try form("--b1--").parts.isEmpty)
    }

    @Test(arguments: [
        ("", FormError.torn), ("--b", .torn), ("--b1", .torn), ("--b1\r\n", .badPart(index: 0)),
        ("--b1x\r\n--b1--", .torn),
        ("--b1\r\nContent-Disposition: form-data; name=a\r\n\r\nx", .torn),
        ("--b1\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b1", .torn),
        ("--b1\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b1--", .badPart(index: 0)),
        ("--b1\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b1--", .badPart(index: 0)),
        ("--b1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b1--", .badPart(index: 0)),
        ("--b1\r\n\r\nx\r\n--b1--", .badPart(index: 0)),
    ])
    func `a damaged form is refused`(text: String, fault: FormError) {
        #expect(throws: fault) { try form(text) }
    }

    @Test(arguments: ["", "text/plain; boundary=b1", "multipart/form-data", "multipart/form-data; boundary=\"b1", ";"])
    func `another media type is refused`(type: String) {
        #expect(throws: FormError.notAForm) { try form("--b1--", type: type) }
    }

    @Test func `too many parts and too long a head are refused`() {
        let part = "--b1\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n"
        let many = String(repeating: part, count: MultipartForm.partLimit + 1) + "--b1--"
        #expect(throws: FormError.tooManyParts) { try form(many) }
        let long = "--b1\r\nX: " + String(repeating: "y", count: MultipartForm.headLimit) + "\r\n\r\nx\r\n--b1--"
        #expect(throws: FormError.badPart(index: 0)) { try form(long) }
    }

    @Test func `a form cut anywhere is refused and never crashes`() throws {
        let whole = Array("--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b1--".utf8)
        let type = "multipart/form-data; boundary=b1"
        for length in 0..<whole.count {
            #expect(throws: FormError.self) { try MultipartForm(body: Array(whole[..<length]), contentType: type) }
        }
        #expect(try MultipartForm(body: whole, contentType: type).parts.count == 1)
    }
}

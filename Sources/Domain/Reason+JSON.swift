package import Documents

extension Reason {
    /// The `reason` object of `status.json`.
    package var json: JSONValue {
        .fields([
            "code": .string(code.rawValue), "message": .string(message), "field": .text(field), "limit": .text(limit),
            "value": .text(value), "hint": .text(hint), "retryable": .string(code.retryable.rawValue),
            "provider_code": .text(providerCode),
        ])
    }

    /// Reads what `json` wrote.
    package init?(json: JSONValue) {
        guard let code = json["code"]?.string.flatMap(ReasonCode.init(rawValue:)), let message = json["message"]?.string
        else { return nil }
        self.init(
            code, message, field: json["field"]?.string, limit: json["limit"]?.string, value: json["value"]?.string,
            hint: json["hint"]?.string, providerCode: json["provider_code"]?.string)
    }
}

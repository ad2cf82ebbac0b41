package import Documents
package import Domain
package import Settings

/// One request as it will be sent, checked against the model before anything is spent.
package struct CallPlan: Sendable, Hashable {
    package var prompt: String
    /// Size to ask for; nil where the model takes it from the first reference.
    package var size: SizeTier?
    /// Size that is expected back.
    package var expected: PixelSize
    package var quality: String?
    package var background: String?
    package var parameters: [Parameter]
    /// Micro-dollars, from the price table.
    package var estimate: Int64
    /// Who asks, for services that want to tell their users' users apart: 64 hexadecimal digits that say nothing else.
    package var endUser: String?

    /// Plans the request of `spec` on `route`.
    ///
    /// - Parameter references: sizes of the normalized references, or of none yet: then only what does not depend on
    ///   them is checked.
    package init(_ spec: JobSpec, on route: Route, references: [PixelSize]) throws(Reason) {
        let able = route.capability
        try Self.checkInputs(spec, able)
        try Self.checkFields(spec, able)
        prompt = spec.prompt
        quality = spec.quality
        background = spec.background
        parameters = spec.parameters
        let chosen = try Self.chooseSize(spec, able, references)
        expected = chosen.size
        size = spec.referenceCount > 0 && !able.sizesEdits ? nil : chosen
        estimate = Self.estimate(spec, able, chosen)
        try Self.checkCost(estimate * Int64(spec.count), spec)
    }

    private static func checkInputs(_ spec: JobSpec, _ able: Capability) throws(Reason) {
        if spec.referenceCount > able.references {
            throw Reason(
                .unsupportedParameter,
                able.references == 0 ? "this model takes no references" : "too many references for this model",
                field: "references", limit: String(able.references), value: String(spec.referenceCount),
                hint: able.references == 0 ? "choose a model that edits" : "send fewer")
        }
        if spec.hasMask, !able.allowsMask {
            throw Reason(
                .unsupportedParameter, "this model takes no mask", field: "mask",
                hint: "choose a model that takes masks, or leave the mask out")
        }
        if spec.hasMask, spec.referenceCount == 0 {
            throw Reason(.unsupportedParameter, "a mask needs a reference", field: "mask", hint: "add the reference")
        }
    }

    private static func checkFields(_ spec: JobSpec, _ able: Capability) throws(Reason) {
        for (field, value, known) in [
            ("quality", spec.quality, able.qualities), ("background", spec.background, able.backgrounds),
        ] {
            guard let value, !known.contains(value) else { continue }
            throw Reason(
                .unsupportedParameter, "this model does not take the value", field: field,
                hint: known.isEmpty ? "leave it out" : "one of " + known.joined(separator: ", "))
        }
        if spec.seed != nil {
            throw Reason(.unsupportedParameter, "this model has no seed", field: "seed", hint: "leave it out")
        }
        for parameter in spec.parameters where !able.parameters.contains(parameter.name) {
            throw Reason(
                .unsupportedParameter, "this model has no such field", field: "parameters",
                hint: able.parameters.isEmpty
                    ? "leave parameters out" : "this model knows " + able.parameters.joined(separator: ", "))
        }
    }

    private static func chooseSize(
        _ spec: JobSpec, _ able: Capability, _ references: [PixelSize]
    ) throws(Reason) -> SizeTier {
        let ground = references.first.map { Double($0.width) / Double($0.height) }
        let asked = spec.size.map { Double($0.width) / Double($0.height) } ?? spec.aspectRatio?.value
        let field = spec.size == nil ? "aspect_ratio" : "size"
        if spec.referenceCount > 0, !able.sizesEdits {
            // The model keeps the first reference's ratio; a wish for another one cannot be met.
            if let asked, let ground, !(0.9...1.1).contains(asked / ground) {
                throw Reason(
                    .unsupportedParameter, "this model keeps the first reference's ratio", field: field,
                    hint: "leave it out, or crop the reference")
            }
        }
        let ratio = asked ?? ground ?? 1
        let pixels = spec.size?.pixels ?? able.sizes.usualPixels
        if let size = able.sizes.nearest(ratio: ratio, pixels: pixels) { return size }
        if asked == nil {
            // A reference of an extreme ratio: the model's nearest end is taken rather than the job refused.
            let end = ratio > 1 ? able.sizes.steepestLegal : 1 / able.sizes.steepestLegal
            if let size = able.sizes.nearest(ratio: end, pixels: pixels) { return size }
        }
        throw Reason(
            .unsupportedParameter, "no size of this model comes within 10 % of what is asked", field: field,
            limit: able.sizes.sentence, hint: "ask for another ratio or size")
    }

    /// Output and references by the contract's rule of thumb, the prompt at four characters a token.
    private static func estimate(_ spec: JobSpec, _ able: Capability, _ size: SizeTier) -> Int64 {
        if case .flat(let each) = able.tokens { return each }
        let prices = able.prices
        let drawn = able.tokens.count(size, quality: spec.quality) * prices.imageOut
        let seen = Double(1024 * spec.referenceCount) * prices.imageIn
        let read = Double(spec.prompt.utf8.count / 4 + 1) * prices.textIn
        return Amount.micro(drawn + seen + read)
    }

    private static func checkCost(_ cost: Int64, _ spec: JobSpec) throws(Reason) {
        guard let most = spec.maxCost, cost > most else { return }
        throw Reason(
            .overBudget, "the job may cost more than max_cost allows", field: "max_cost",
            limit: Money.text(most), value: Money.text(cost), hint: "raise max_cost, or ask for less")
    }
}

extension CallPlan {
    /// The provider's own fields, as members of a JSON body.
    package var extraMembers: [JSONValue.Member] {
        parameters.compactMap { parameter in
            (try? JSONParser.parse(parameter.json)).map { JSONValue.Member(key: parameter.name, value: $0) }
        }
    }
}

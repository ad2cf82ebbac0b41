package import Documents
package import Domain
package import Ledger

/// What stands beside each output: how it was made, and that the file is the one it was.
package struct Sidecar: Sendable {
    package static let schema = "darkroom.sidecar/1"

    package struct Model: Sendable {
        package let provider: String
        package let route: String
        /// As asked.
        package let model: String
        /// As answered; nil where the answer does not say.
        package let version: String?
        /// The route that this one stood in for.
        package let fallbackFrom: String?

        package init(
            provider: String, route: String, model: String, version: String?, fallbackFrom: String? = nil
        ) {
            self.provider = provider
            self.route = route
            self.model = model
            self.version = version
            self.fallbackFrom = fallbackFrom
        }
    }

    package struct Native: Sendable {
        package let size: PixelSize
        package let format: PictureFormat
        package let sha256: String
        /// Marks found in the provider's bytes.
        package let provenance: [String]

        package init(size: PixelSize, format: PictureFormat, sha256: String, provenance: [String]) {
            self.size = size
            self.format = format
            self.sha256 = sha256
            self.provenance = provenance
        }
    }

    package struct FileFacts: Sendable {
        package let name: String
        package let sha256: String
        package let bytes: Int
        package let size: PixelSize
        package let format: PictureFormat

        package init(name: String, sha256: String, bytes: Int, size: PixelSize, format: PictureFormat) {
            self.name = name
            self.sha256 = sha256
            self.bytes = bytes
            self.size = size
            self.format = format
        }

        var fields: JSONValue {
            .fields([
                "file": .string(name), "sha256": .string(sha256), "bytes": .integer(bytes),
                "width": .integer(size.width), "height": .integer(size.height), "format": .string(format.rawValue),
            ])
        }
    }

    package var job: JobRecord
    package var index: Int
    package var file: FileFacts
    package var original: FileFacts?
    /// The marked preview of a protected output.
    package var preview: FileFacts?
    package var created: Timestamp
    package var model: Model
    package var parameters: JSONValue
    package var expected: PixelSize?
    package var native: Native
    package var scaled: PixelSize
    /// How it was enlarged, where it was.
    package var upscaled = UpscaleMode.plain
    package var usage: (textIn: Int, imageIn: Int, imageOut: Int)?
    package var cost: (microDollars: Int64, source: String)
    package var timings: [(stage: String, milliseconds: Int64)]
    package var digitalSourceType: String
    package var inputsDeleteBy: Timestamp
    package var outputExpiresAt: Timestamp?
    package var prompt: String?

    package init(
        job: JobRecord, index: Int, file: FileFacts, created: Timestamp, model: Model, parameters: JSONValue,
        native: Native, scaled: PixelSize, cost: (microDollars: Int64, source: String), digitalSourceType: String,
        inputsDeleteBy: Timestamp
    ) {
        self.job = job
        self.index = index
        self.file = file
        self.created = created
        self.model = model
        self.parameters = parameters
        self.native = native
        self.scaled = scaled
        self.cost = cost
        self.timings = []
        self.digitalSourceType = digitalSourceType
        self.inputsDeleteBy = inputsDeleteBy
    }

    package var document: JSONValue {
        let output = (file.fields.members ?? [])
        return .fields([
            "schema": .string(Self.schema), "job": .string(job.id),
            "output": .object([.init(key: "index", value: .integer(index))] + output),
            "original": original?.fields, "preview": preview?.fields, "protect": job.isProtected ? true : nil,
            "created": .string(created.description), "simulated": .bool(job.simulated),
            "model": .fields([
                "provider": .string(model.provider), "route": .string(model.route), "model": .string(model.model),
                "version": .text(model.version), "fallback_from": .text(model.fallbackFrom),
            ]),
            "parameters": parameters,
            "native": .fields([
                "width": .integer(native.size.width), "height": .integer(native.size.height),
                "format": .string(native.format.rawValue), "sha256": .string(native.sha256),
                "provenance": .array(native.provenance.map { .string($0) }),
                "asked": sizeDiffers ? .text(expected?.description) : nil,
            ]),
            "upscale": upscale,
            "references": .fields([
                "count": .integer(job.referenceCount),
                "sizes": .array(
                    job.referenceSizes.map { size in
                        .fields(["width": .integer(size.width), "height": .integer(size.height)])
                    }),
            ]),
            "usage": usage.map { usage in
                .fields([
                    "input_text_tokens": .integer(usage.textIn), "input_image_tokens": .integer(usage.imageIn),
                    "output_tokens": .integer(usage.imageOut),
                ])
            },
            "cost": .fields(["micro_usd": .integer(cost.microDollars), "source": .string(cost.source)]),
            "timings_ms": .object(timings.map { .init(key: $0.stage, value: .integer($0.milliseconds)) }),
            "digital_source_type": .string(digitalSourceType),
            "provenance": .fields(["xmp": true, "signed": false, "parent_kept": false]),
            "policy": .fields(["id": .string(job.profileID), "sha256": .string(job.profileHash)]),
            "retention": .fields([
                "inputs_delete_by": .string(inputsDeleteBy.description),
                "output_expires_at": .text(outputExpiresAt?.description),
            ]),
            "generator": .fields(["name": .string(Product.name), "version": .string(Product.version)]),
            "prompt": .text(prompt),
        ])
    }

    /// A model may answer with another size than it was asked for: that is said, and is no error.
    private var sizeDiffers: Bool { expected != nil && expected != native.size }

    private var upscale: JSONValue {
        guard scaled != native.size else { return .fields(["method": "none"]) }
        let thousandths = scaled.longEdge * 1000 / native.size.longEdge
        let fraction = String(thousandths % 1000 + 1000).dropFirst()
        return .fields([
            "method": .string(upscaled.rawValue), "kernel": upscaled == .plain ? "lanczos3" : "bank+lanczos3",
            "factor": .number("\(thousandths / 1000).\(fraction)"),
        ])
    }
}

package import Domain
package import Policies

/// Every setting that Darkroom goes by, checked. The built-in values are those of a run without a configuration file.
package struct Configuration: Sendable, Equatable {
    /// The file it was read from; nil for built-in values.
    package var source: String?
    package var spool = "/var/lib/darkroom"
    /// Who may hand over and take outcomes away besides the daemon's own user; nil for nobody.
    package var spoolGroup: Account?
    /// Who may ask for subjects by files in `requests/`; nil for nobody, and then there is no such folder.
    package var requestsGroup: Account?
    /// Where the daemon shows how it is; nil for nowhere.
    package var listen = usualListen
    /// Several daemons of one machine start with it: only another one has to be free.
    package static let usualListen = ListenAddress("127.0.0.1:8484")
    /// Whether the status page shows outputs, small.
    package var showsPictures = false
    package var logLevel = LogLevel.info
    package var logFormat: LogFormat?
    package var inbox = InboxSettings()
    /// Most accepted jobs that are not settled.
    package var maxAccepted = 10_000
    /// What a route can not serve inside this time stays in the inbox.
    package var maxWait = Span.hours(24)
    package var routes: [String: Route] = [Route.offline.name: .offline]
    package var defaultRoute = Route.offline.name
    /// The register of who receives what: every row that a route goes by, and those of the file that none does.
    package var processors = [Route.Provider.simulator.rawValue: Processor.builtIn(.simulator)]
    package var proxy: String?
    package var caFile: String?
    package var output = OutputSettings()
    package var workers = WorkerSettings()
    package var formats = FormatSettings()
    package var limits = LimitSettings()
    /// Free bytes that must stay on the spool's file system.
    package var minFree = ByteCount(2_000_000_000)
    /// Most micro-dollars that one job may cost.
    package var budgetPerJob: Int64?
    /// Most micro-dollars of a UTC day, of everybody and of one subject; more waits for the next day.
    package var budgetPerDay: Int64?
    package var budgetPerSubjectDay: Int64?
    package var policy = Policy.standard
    /// Most requests that one subject may make in a time; more wait.
    package var ratePerSubject: Rate?
    package var retainInputs = Span.hours(24)
    /// nil keeps outputs.
    package var retainOutputs: Span?
    /// To which keys of hours are sealed; nil for one of the spool's own.
    package var sealKey: KeySource?
    package var includePrompt = false
    /// The file of phrases that no prompt may hold (`DenyList`).
    package var denyList: String?
    /// The folder of prompt templates (`TemplateFolder`).
    package var templates: String?
    /// A program and its words, run for each job that is done or failed; nil for none.
    package var onSettled: [String]?
    /// The same for each job that a person has to decide about.
    package var onHeld: [String]?

    package init() {}

    /// The route that a job asks for; nil where there is none of that name.
    package func route(_ name: String?) -> Route? { routes[name ?? defaultRoute] }
}

package enum LogLevel: String, Sendable, CaseIterable {
    case debug, info, warning, error
}

package enum LogFormat: String, Sendable, CaseIterable {
    case json, plain
}

package struct InboxSettings: Sendable, Equatable {
    /// How long a file that was not renamed in must stay unchanged.
    package var settle = Span.seconds(1)
    /// How long an image may lie without a prompt that claims it.
    package var orphanAfter = Span.minutes(10)
    package var rescan = Span.seconds(60)
    /// Whose files are taken; empty for everybody's.
    package var owners: [Account] = []
}

/// A user or a group of this machine, as it was named.
package struct Account: Sendable, Hashable {
    package let name: String
    package let number: UInt32
}

/// What becomes of an output where the job does not say.
package struct OutputSettings: Sendable, Equatable {
    package var size = OutputSize.long(3840)
    package var fit = Fit.inside
    package var format = PictureFormat.png
    /// 1 to 100, for every format but PNG.
    package var quality = 90
    package var png = PNGEffort.fast
    package var upscale = UpscaleMode.standard
}

package struct WorkerSettings: Sendable, Equatable {
    /// Image workers; 0 is one a core.
    package var count = 0
    /// What all pictures in image workers may take together; a step that needs more waits for room.
    package var memory = ByteCount(1_000_000_000)
    package static let leastMemory = ByteCount(128_000_000)
    /// Most processor time of one picture.
    package var timeout = Span.seconds(30)
    /// How far they are locked up; below `required` only where the operator says so.
    package var sandbox = SandboxLevel.required
}

/// Kinds of pictures that are taken as references besides JPEG, PNG and WebP.
package struct FormatSettings: Sendable, Equatable {
    /// HEIF and AVIF.
    package var heif = true
    package var gif = true
    package var tiff = false
}

package struct LimitSettings: Sendable, Equatable {
    package var referenceBytes = ByteCount(64_000_000)
    package var referencePixels = 64_000_000
    package var referenceEdge = 16_384
    package var references = 16
    package var jobBytes = ByteCount(256_000_000)
    package var manifestBytes = ByteCount(1_000_000)
}

/// One way to a model: a provider account, a model and how to pace it.
package struct Route: Sendable, Equatable {
    package enum Provider: String, Sendable, CaseIterable {
        case microsoftMAI = "microsoft-mai"
        case openAI = "openai"
        case azureOpenAI = "azure-openai"
        case googleGemini = "google-gemini"
        case openRouter = "openrouter"
        case simulator
    }

    package var name: String
    package var provider: Provider
    /// Base URL before the contract's path.
    package var endpoint: String?
    /// What the provider's `model` field carries.
    package var deployment: String
    /// Model family, for limits and prices.
    package var family: String
    /// The API's version where a provider has several. Azure: nil is the v1 path, a date the classic path of deployments.
    /// Gemini: `v1beta` where it is nil.
    package var apiVersion: String?
    package var key: KeySource?
    /// The row of the register that says who receives what; nil for the one named as the provider.
    package var processor: String?
    /// What the operator knows better than the built-in table.
    package var override = CapabilityOverride()
    package var requestsPerMinute: Int?
    /// Most calls under way at once.
    package var concurrency = 4
    package var timeout: Span
    package var onUnknown = OnUnknown.hold
    /// Hosts, or addresses, from which pictures are fetched where an answer names only their URL; nil fetches none.
    package var acceptURLs: [String]?
    /// The route that takes an output over when this one cannot serve it and nothing was paid.
    package var fallback: String?

    /// The versions of the Gemini API.
    package enum GeminiVersion: String, Sendable, CaseIterable { case v1beta, v1 }

    package enum OnUnknown: String, Sendable, CaseIterable {
        case hold
        case retryOnce = "retry-once"
    }

    /// The in-process simulator, in the shape of OpenAI's gpt-image-2.
    package static let offline = Route(
        name: "offline", provider: .simulator, deployment: "gpt-image-2", family: "gpt-image-2",
        timeout: Provider.simulator.usualTimeout)
}

/// What a route's `capability` says in place of the built-in table of its model family.
package struct CapabilityOverride: Sendable, Equatable {
    package var references: Int?
    package var mask: Bool?
    package var mostPixels: Int?
    package var referenceEdge: Int?
    package var referenceBytes: ByteCount?
    package var prices: Prices?

    package init() {}

    /// Dollars a million tokens; `image` in micro-dollars a picture.
    package struct Prices: Sendable, Equatable {
        package var textIn: Double?
        package var imageIn: Double?
        package var imageOut: Double?
        package var image: Int64?

        package init() {}
    }
}

/// Where a key is read from; the key itself never stands in the configuration.
package enum KeySource: Sendable, Equatable, CustomStringConvertible {
    /// A file of that name in `$CREDENTIALS_DIRECTORY` (systemd credentials).
    case credential(String)
    case file(String)
    case environment(String)
    /// A program and its words that print an access token (Entra), for routes that take one in place of a key.
    case tokenCommand([String])
    /// A file that something else keeps an access token in.
    case tokenFile(String)

    /// Whether it gives tokens, which end and are got anew, in place of a key that stays.
    package var isToken: Bool {
        switch self {
        case .tokenCommand, .tokenFile: true
        case .credential, .file, .environment: false
        }
    }

    package var description: String {
        switch self {
        case .credential(let name): "credential \(name)"
        case .file(let path): "file \(path)"
        case .environment(let name): "environment variable \(name)"
        // Its words may say more than is to be seen.
        case .tokenCommand(let words): "token command \(words.first ?? "")"
        case .tokenFile(let path): "token file \(path)"
        }
    }
}

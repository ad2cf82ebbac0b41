package import Documents
import Domain
import Policies

extension Configuration {
    /// The effective configuration as a document; keys of providers as their source, never their value.
    package var document: JSONValue {
        let names = routes.keys.sorted()
        let models =
            [JSONValue.Member(key: "default", value: .string(defaultRoute))]
            + names.compactMap { name in routes[name].map { .init(key: name, value: $0.document) } }
        return .fields([
            "spool": .fields([
                "path": .string(spool), "group": .text(spoolGroup?.name), "requests_group": .text(requestsGroup?.name),
            ]),
            "listen": .string(listen?.description ?? "off"),
            "page": .fields(["pictures": .bool(showsPictures)]),
            "log": .fields(["level": .string(logLevel.rawValue), "format": .text(logFormat?.rawValue)]),
            "inbox": .fields([
                "settle": .string(inbox.settle.description), "orphan_after": .string(inbox.orphanAfter.description),
                "rescan": .string(inbox.rescan.description),
                "owners": .array(inbox.owners.map { .string($0.name) }),
            ]),
            "queue": .fields(["max_accepted": .integer(maxAccepted), "max_wait": .string(maxWait.description)]),
            "models": .object(models),
            "processors": .object(
                processors.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value.document) }),
            "templates": .text(templates),
            "abuse": .fields(["deny_list": .text(denyList)]),
            "network": .fields(["proxy": .text(proxy), "ca_file": .text(caFile)]),
            "output": .fields([
                "size": .string(output.size.description), "fit": .string(output.fit.rawValue),
                "format": .string(output.format.rawValue), "quality": .integer(output.quality),
                "png": .string(output.png.rawValue), "upscale": .string(output.upscale.rawValue),
            ]),
            "formats": .fields([
                "heif": .bool(formats.heif), "gif": .bool(formats.gif), "tiff": .bool(formats.tiff),
            ]),
            "workers": .fields([
                "count": .integer(workers.count), "timeout": .string(workers.timeout.description),
                "memory": .string(workers.memory.description), "sandbox": .string(workers.sandbox.rawValue),
            ]),
            "limits": .fields([
                "reference_bytes": .string(limits.referenceBytes.description),
                "reference_pixels": .integer(limits.referencePixels),
                "reference_edge": .integer(limits.referenceEdge), "references": .integer(limits.references),
                "job_bytes": .string(limits.jobBytes.description),
                "manifest_bytes": .string(limits.manifestBytes.description),
            ]),
            "disk": .fields(["min_free": .string(minFree.description)]),
            "rates": .fields(["per_subject": .text(ratePerSubject?.description)]),
            "budget": .fields([
                "per_job": budgetPerJob.map { Money.dollars($0) }, "per_day": budgetPerDay.map { Money.dollars($0) },
                "per_subject_day": budgetPerSubjectDay.map { Money.dollars($0) },
            ]),
            "policy": .string(policy.source ?? policy.id),
            "retention": .fields([
                "inputs": .string(retainInputs.description),
                "outputs": .string(retainOutputs?.description ?? "keep"),
            ]),
            "seal": .fields(["key": sealKey?.document]),
            "on_settled": onSettled.map { .array($0.map { .string($0) }) },
            "on_held": onHeld.map { .array($0.map { .string($0) }) },
            "sidecar": .fields(["include_prompt": .bool(includePrompt)]),
            "provenance": .fields(["xmp": true]),
            "ledger": "sqlite",
            "blobs": "file",
        ])
    }

    /// A configuration file to start from: every built setting with its default and what it is for.
    package static let commentedDefault = """
        // Darkroom's configuration: JSON with comments. `darkroom config check` reads it and reports every fault at once.
        {
          // Where jobs come in and go out. inbox/, done/, failed/, held/ are made in it. As an object: { path: "…",
          // group: "darkroom", who may hand over; requests_group: "privacy", who may ask for subjects in requests/ }
          spool: "/var/lib/darkroom",

          listen: "127.0.0.1:8484",                   // status page, /healthz, /readyz, /metrics, /jobs.json; or "off"
          page: { pictures: false },                  // true shows the newest outputs, small, to whoever can open the page
          log: { level: "info" },                     // debug, info, warning, error; format: "json" or "plain"

          inbox: {
            settle: "1s",                             // how long a file that was not renamed in must stay unchanged
            orphan_after: "10m",                      // an image that no prompt claims fails after this time
            rescan: "60s",                            // the folder is listed this often even when no event comes
          },

          queue: {
            max_accepted: 10000,                      // more than this waits in the inbox, untouched
            max_wait: "24h",                          // as does what its route can not serve inside this time, by its
          },                                          // requests_per_minute and concurrency

          models: {
            default: "offline",                       // the route of a job that names none
            offline: { provider: "simulator" },       // no key, no network: pictures that say they are simulated
            // mai: {
            //   provider: "microsoft-mai",
            //   endpoint: "https://RESOURCE.services.ai.azure.com",
            //   deployment: "mai26-prod",            // the name you gave the deployment
            //   family: "2.6",                       // what it deploys: sizes and prices hang on it
            //   key: { file: "/etc/darkroom/mai.key" },   // or { credential: "mai-key" }, { env: "MAI_KEY" }; for tokens
            //                                        // of Entra { token_command: ["az", …] } or { token_file: "…" }
            //   requests_per_minute: 2,
            //   concurrency: 4,
            //   timeout: "300s",
            //   on_unknown: "hold",                  // or "retry-once": a call whose end is unknown may be paid twice
            //   fallback: "other",                   // the route that takes over where this one can not serve: key or
            //                                        // account refused, quota used up, no such model, down for long
            // },
          },

          // Who receives what, one row an account. A route goes by the row that it names (processor: "mai"), else by one that
          // comes along and says no more than public terms do. What is "unknown" meets nothing that is required.
          // processors: {
          //   mai: {
          //     legal_name: "Microsoft Ireland Operations Ltd", dpa: "DPA of 2026-01-12",
          //     hosts: ["RESOURCE.services.ai.azure.com"],        // requests go nowhere else
          //     categories: ["prompt", "parameters", "references"],   // also mask, subject_pseudonym
          //     regions: ["eu"], retention: "30d",   // where it is processed, how long kept ("none", "unknown")
          //     training: "never",                   // or "may", "unknown"
          //   },
          // },

          templates: null,                            // a folder of prompt templates, "/etc/darkroom/templates"

          abuse: { deny_list: null },                 // a file of phrases that no prompt may hold, one a line

          network: { proxy: null, ca_file: null },    // the environment's proxy variables are ignored

          output: {
            size: "4k", fit: "inside", format: "png", quality: 90,
            png: "fast",                              // or "balanced", "small": smaller files for more time
            upscale: "\(UpscaleMode.standard.rawValue)",  // "plain" is Lanczos3; "enhanced" draws luma sharper
          },

          formats: { heif: true, gif: true, tiff: false },   // what is taken besides JPEG, PNG, WebP; heif is AVIF too

          workers: {
            count: 0, timeout: "30s",                 // the processes that open pictures; 0 is one a core; timeout is
                                                      // processor time of one picture, all threads together
            memory: "1GB",                            // what all their pictures may take at once; more has to wait
            sandbox: "required",                      // locked with seccomp and Landlock, or no picture is opened;
          },                                          // "off" leaves only limits of memory and time, and a warning

          limits: {
            reference_bytes: "64MB", reference_pixels: 64000000, reference_edge: 16384,
            references: 16, job_bytes: "256MB", manifest_bytes: "1MB",
          },

          disk: { min_free: "2GB" },                  // below this nothing new is taken and no call is made

          budget: { per_job: 1.00 },                  // dollars; refused before anything is spent. per_day and
                                                      // per_subject_day: more waits for the next UTC day

          policy: "default",                          // maiimage2, image2, gptimg2, imagen2026, gptimage2-blog, or a policy's file

          retention: {
            inputs: "24h",                            // references and prompts: at most 24h, shorter if you like
            outputs: "keep",                          // or a duration after which done/JOB is deleted
          },

          sidecar: { include_prompt: false },

          // A program and its words, run once for each job that is done or failed, or that a person has to decide about; it finds
          // DARKROOM_JOB, _OUTCOME, _REASON, _PARTIAL and _FOLDER in its environment, and has 30 seconds.
          // on_settled: ["/usr/local/bin/collect"], on_held: ["/usr/local/bin/page-somebody", "darkroom"],

          // seal: { key: { credential: "darkroom-kek" } },   // an age identity (age-keygen); else one is made in the spool
        }

        """
}

extension Route {
    fileprivate var document: JSONValue {
        let isRemote = provider != .simulator
        let isDeployed = provider == .microsoftMAI || provider == .azureOpenAI
        return .fields([
            "provider": .string(provider.rawValue), "endpoint": .text(endpoint),
            "model": isRemote && !isDeployed ? .string(deployment) : nil,
            "deployment": isDeployed ? .string(deployment) : nil, "family": isRemote ? .string(family) : nil,
            "api_version": .text(apiVersion),
            "key": key?.document, "processor": .text(processor),
            "requests_per_minute": requestsPerMinute.map { .integer($0) }, "concurrency": .integer(concurrency),
            "timeout": .string(timeout.description), "on_unknown": .string(onUnknown.rawValue),
            "fallback": .text(fallback),
        ])
    }
}

extension KeySource {
    /// Where it is read from, as a configuration says it.
    fileprivate var document: JSONValue {
        switch self {
        case .credential(let name): .fields(["credential": .string(name)])
        case .file(let path): .fields(["file": .string(path)])
        case .environment(let name): .fields(["env": .string(name)])
        case .tokenCommand(let words): .fields(["token_command": .array(words.map { .string($0) })])
        case .tokenFile(let path): .fields(["token_file": .string(path)])
        }
    }
}

// swift-tools-version: 6.2
// Rooms and arrows: one target a room, arrows go one way (Sources/Daemon/Daemon.docc/Architecture.md draws them).
import PackageDescription

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A room: one target under `Sources`.
func room(_ name: String, _ arrows: [String] = []) -> Target {
    .target(name: name, dependencies: arrows.map { .init(stringLiteral: $0) }, swiftSettings: house)
}

/// A C file beside a library it wraps: one C function a use.
func shim(_ name: String, _ arrows: [String] = [], links: [String] = [], flags: [String] = []) -> Target {
    .target(
        name: name, dependencies: arrows.map { .init(stringLiteral: $0) },
        cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"] + flags)],
        linkerSettings: links.map { .linkedLibrary($0) })
}

/// Where GLib's headers are, which those of libvips need. Its pkg-config file would link it too.
let glibHeaders =
    ["-I/usr/include/glib-2.0"]
    + ["lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64"].map { "-I/usr/\($0)/glib-2.0/include" }

/// The tests of one room, and the files beside them that are no source.
func tests(_ room: String, _ arrows: [String] = [], files: [String] = []) -> Target {
    .testTarget(
        name: room + "Tests", dependencies: ([room] + arrows).map { .init(stringLiteral: $0) }, exclude: files,
        swiftSettings: house)
}

/// A C library of the system.
func library(_ name: String, _ pkgConfig: String, apt: [String]) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(apt)])
}

let package = Package(
    name: "darkroom",
    targets: [
        // Values and text: no input, no output, no C.
        room("Documents"),
        room("Domain", ["Documents"]),
        room("Inspection", ["Domain"]),
        room("Provenance", ["Domain", "Inspection"]),
        room("Schemas", ["Documents"]),
        // Optimised in every build: arithmetic on each pixel takes minutes without, and tests paint too.
        .target(name: "Painting", dependencies: ["Domain"], swiftSettings: house + [.unsafeFlags(["-O"])]),

        // Disk, digests, the ledger, sealed work files, settings.
        library("CCrypto", "libcrypto", apt: ["libssl-dev"]),
        library("CSQLite", "sqlite3", apt: ["libsqlite3-dev"]),
        shim("CDiskShim"),
        room("Digests", ["CCrypto"]),
        // The base64 of pictures is decoded while they arrive, on the network's one thread.
        .target(name: "CBase64", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])]),
        room("Sealing", ["CBase64", "CCrypto"]),
        room("Disk", ["CDiskShim"]),
        room("Policies", ["Disk", "Documents", "Domain"]),
        room("Settings", ["CLinuxShim", "Disk", "Documents", "Domain", "Policies"]),
        room("Ledger", ["CSQLite", "Digests", "Disk", "Documents", "Domain"]),
        room("Vault", ["Digests", "Disk", "Sealing"]),
        room("Spool", ["Disk", "Domain"]),
        room("Journal", ["Documents", "Domain", "Ledger"]),
        room("Statistics", ["Digests", "Disk", "Documents", "Domain"]),
        room("Residue", ["Digests", "Disk"]),
        room("Audit", ["CCrypto", "Digests", "Disk", "Documents", "Domain", "Ledger"]),

        // One well-kept library for packages that people take away.
        library("CArchive", "libarchive", apt: ["libarchive-dev"]),
        shim("CArchiveShim", ["CArchive"], links: ["archive"]),

        // Pictures, and the processes that work on them.
        // Loaded by hand where a job needs it, so that nothing else pays for its hundred libraries.
        shim("CVipsShim", links: ["dl"], flags: glibHeaders),
        shim("CLinuxShim"),
        // Always optimised: a kernel that is not vectorised takes minutes where it should take milliseconds.
        .target(
            name: "CPixels", cSettings: [.unsafeFlags(["-O3", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: ["jpeg", "turbojpeg", "isal", "deflate"].map { .linkedLibrary($0) }),
        room("Imaging", ["CPixels", "CVipsShim", "Domain", "Inspection"]),
        room("Sheets", ["Digests", "Domain", "Imaging"]),
        room("Workers", ["CLinuxShim", "Disk", "Domain", "Imaging", "Inspection", "Painting"]),

        // The network.
        library("CCurl", "libcurl", apt: ["libcurl4-openssl-dev", "libssl-dev"]),
        shim("CCurlShim", ["CCurl"], links: ["crypto", "curl", "ssl"]),
        library("CMicrohttpd", "libmicrohttpd", apt: ["libmicrohttpd-dev"]),
        shim("CMicrohttpdShim", ["CMicrohttpd"], links: ["microhttpd"]),
        room("Transport", ["CCurlShim", "Domain"]),
        room("HTTPServer", ["CMicrohttpdShim"]),

        // What a job goes through.
        room("Providers", ["CBase64", "Documents", "Domain", "Settings", "Transport"]),
        room(
            "Intake",
            ["CDiskShim", "Digests", "Disk", "Documents", "Domain", "Journal", "Ledger", "Spool", "Vault"]),
        room(
            "Outcomes",
            ["Digests", "Disk", "Documents", "Domain", "Journal", "Ledger", "Provenance", "Spool", "Vault"]),
        room(
            "Pipeline",
            [
                "Digests", "Disk", "Documents", "Domain", "Imaging", "Inspection", "Journal", "Ledger", "Outcomes",
                "Provenance", "Providers", "Settings", "Spool", "Transport", "Vault", "Workers",
            ]),
        room(
            "Rights",
            [
                "Audit", "CArchiveShim", "Digests", "Disk", "Documents", "Domain", "Journal", "Ledger", "Outcomes",
                "Spool", "Statistics", "Vault",
            ]),
        room("Retention", ["Disk", "Domain", "Journal", "Ledger", "Outcomes", "Spool", "Statistics", "Vault"]),
        room(
            "Simulator",
            ["Digests", "Disk", "Documents", "Domain", "HTTPServer", "Inspection", "Provenance", "Providers"]),
        room(
            "StatusPage",
            ["Disk", "Documents", "Domain", "HTTPServer", "Ledger", "Settings", "Spool"]),
        room(
            "Daemon",
            [
                "Audit", "CLinuxShim", "Digests", "Disk", "Documents", "Domain", "HTTPServer", "Imaging", "Inspection",
                "Intake", "Journal", "Ledger", "Outcomes", "Pipeline", "Policies", "Providers", "Retention", "Rights",
                "Settings", "Simulator", "Spool", "Statistics", "StatusPage", "Transport", "Vault", "Workers",
            ]),
        room(
            "Commands",
            [
                "Audit", "CLinuxShim", "Daemon", "Digests", "Disk", "Documents", "Domain", "HTTPServer", "Imaging",
                "Inspection", "Intake", "Journal", "Ledger", "Outcomes", "Pipeline", "Policies", "Provenance",
                "Providers", "Residue", "Retention", "Rights", "Schemas", "Sealing", "Settings", "Sheets",
                "Simulator", "Spool", "StatusPage", "Vault", "Workers",
            ]),
        .executableTarget(name: "darkroom", dependencies: ["Commands", "Workers"], swiftSettings: house),

        // Measured work, and what it is measured against (Benchmarks/README.md).
        .target(
            name: "CPeers", path: "Benchmarks/CPeers",
            cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"] + glibHeaders)],
            linkerSettings: ["vips", "gobject-2.0", "glib-2.0", "png16"].map { .linkedLibrary($0) }),
        .executableTarget(
            name: "PixelBenchmarks",
            dependencies: [
                "CPeers", "CPixels", "Digests", "Disk", "Documents", "Domain", "Imaging", "Painting", "Providers",
                "Sealing",
                "Vault", "Workers",
            ],
            path: "Benchmarks/PixelBenchmarks", swiftSettings: house),

        // Tests, one target a room.
        .target(
            name: "Support", dependencies: ["Domain", "Providers", "Settings", "Vault"], path: "Tests/Support",
            swiftSettings: house),
        .target(
            name: "CProbeShim", path: "Tests/CProbeShim",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"] + glibHeaders)],
            linkerSettings: ["vips", "gobject-2.0", "glib-2.0"].map { .linkedLibrary($0) }),
        .executableTarget(
            name: "WorkerHost", dependencies: ["CProbeShim", "Workers"], path: "Tests/WorkerHost",
            swiftSettings: house),
        tests("Documents"),
        tests("Domain", ["Documents"]),
        tests("Inspection", ["Domain", "Support"]),
        tests("Provenance", ["Inspection", "Support"]),
        tests("Painting", ["Domain"]),
        tests("Schemas", ["Documents", "Domain", "Ledger", "Outcomes", "Settings", "Support"]),
        tests("Digests"),
        tests("Sealing", ["Digests", "Support"], files: ["vectors"]),
        tests("Disk", ["Support"]),
        tests("Policies", ["Documents", "Domain", "Support"]),
        tests("Settings", ["Documents", "Domain", "Policies", "Support"]),
        tests("Journal"),
        tests("Ledger", ["Domain", "Support"]),
        tests("Residue", ["Support"]),
        tests("Audit", ["Digests", "Disk", "Documents", "Domain", "Ledger", "Support"]),
        tests("Vault", ["Disk", "Sealing", "Support"]),
        tests("Imaging", ["CPixels", "Domain", "Inspection", "Support"]),
        tests("Workers", ["Domain", "Imaging", "Inspection", "Support", "WorkerHost", "darkroom"]),
        tests("Transport", ["Domain", "HTTPServer", "Support"]),
        tests("Providers", ["Documents", "Domain", "Settings", "Support", "Transport"]),
        tests("HTTPServer", ["Support"]),
        tests("Simulator", ["Documents", "Domain", "HTTPServer", "Providers", "Settings", "Support", "Transport"]),
        tests("Intake", ["Digests", "Disk", "Documents", "Domain", "Journal", "Ledger", "Spool", "Support", "Vault"]),
        tests("Outcomes", ["Disk", "Documents", "Domain", "Journal", "Ledger", "Spool", "Support", "Vault"]),
        tests("Pipeline", ["Disk", "Domain", "Settings", "Support"]),
        tests("Statistics", ["Disk", "Documents", "Domain", "Support"]),
        tests("StatusPage", ["Disk", "Domain", "Ledger", "Settings", "Spool", "Support"]),
        tests("Retention", ["Disk", "Domain", "Journal", "Ledger", "Outcomes", "Spool", "Support", "Vault"]),
        tests("Rights", ["Domain", "Ledger", "Support"]),
        tests("Daemon", ["Domain", "Ledger", "Support"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Daemon", "HTTPServer", "Simulator", "Support", "Workers", "darkroom"], swiftSettings: house),
    ]
)

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
func shim(_ name: String, _ arrows: [String] = [], links: [String] = []) -> Target {
    .target(
        name: name, dependencies: arrows.map { .init(stringLiteral: $0) },
        cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
        linkerSettings: links.map { .linkedLibrary($0) })
}

/// The tests of one room.
func tests(_ room: String, _ arrows: [String] = []) -> Target {
    .testTarget(
        name: room + "Tests", dependencies: ([room] + arrows).map { .init(stringLiteral: $0) },
        swiftSettings: house)
}

let package = Package(
    name: "darkroom",
    targets: [
        room("Documents"),
        room("Domain", ["Documents"]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        room("Digests", ["CCrypto"]),
        shim("CDiskShim"),
        room("Disk", ["CDiskShim"]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        room("Ledger", ["CSQLite", "Documents", "Domain"]),
        room("Settings", ["Disk", "Documents", "Domain"]),
        room("Vault", ["Digests", "Disk"]),
        .target(name: "Support", dependencies: ["Domain"], path: "Tests/Support", swiftSettings: house),
        tests("Domain", ["Documents"]),
        tests("Documents"),
        tests("Digests"),
        tests("Disk"),
        tests("Ledger", ["Domain", "Support"]),
        tests("Settings", ["Documents", "Domain", "Support"]),
        tests("Vault", ["Disk", "Support"]),
        room("Domain"),
        tests("Domain"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev", "libssl-dev"])]),
        shim("CCurlShim", ["CCurl"], links: ["curl", "ssl"]),
        room("Transport", ["CCurlShim"]),
        tests("Transport", ["HTTPServer"]),
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        shim("CMicrohttpdShim", ["CMicrohttpd"], links: ["microhttpd"]),
        room("HTTPServer", ["CMicrohttpdShim"]),
        tests("HTTPServer"),
        .systemLibrary(name: "CVips", pkgConfig: "gobject-2.0", providers: [.apt(["libvips-dev"])]),
        shim("CVipsShim", ["CVips"], links: ["vips"]),
        room("Imaging", ["Domain", "CVipsShim"]),
        tests("Imaging", ["Domain"]),
        room("Painting", ["Domain"]),
        tests("Painting", ["Domain"]),
        shim("CLinuxShim"),
        room("Workers", ["Domain", "Imaging", "Painting", "CLinuxShim"]),
        .executableTarget(
            name: "WorkerHost", dependencies: ["Workers"], path: "Tests/WorkerHost", swiftSettings: house),
        tests("Workers", ["Domain", "Imaging", "WorkerHost"]),
        room("Inspection", ["Domain"]),
        tests("Inspection", ["Domain"]),
        room("Provenance", ["Domain", "Inspection"]),
        tests("Provenance", ["Inspection"]),
    ]
)

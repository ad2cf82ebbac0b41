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
        room("Domain"),
        tests("Domain"),
        room("Inspection", ["Domain"]),
        tests("Inspection", ["Domain"]),
        room("Provenance", ["Domain", "Inspection"]),
        tests("Provenance", ["Inspection"]),
    ]
)

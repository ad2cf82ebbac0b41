import Documents
import Domain

/// What is published of a week: cells that enough subjects share, and no word of the others.
package struct PromptRelease: Sendable, Hashable {
    /// Distinct subjects of each cell that is published.
    package let cells: [PromptCell: Int]

    /// - Parameters:
    ///   - counts: distinct subjects of each cell.
    ///   - least: fewest subjects of a cell that is published.
    package init(of counts: [PromptCell: Int], least: Int) {
        var cells = counts.filter { $0.value >= least }
        // Where one cell alone is missing, of a model or of the week, whoever knows the total from elsewhere has it by subtraction: the
        // smallest of the others goes too, which may leave one alone elsewhere.
        while let victim = Self.nextVictim(counts, cells) { cells[victim] = nil }
        self.cells = cells
    }

    private static func nextVictim(_ counts: [PromptCell: Int], _ cells: [PromptCell: Int]) -> PromptCell? {
        func victim(_ isMeant: (PromptCell) -> Bool) -> PromptCell? {
            let missing = counts.keys.count { isMeant($0) && cells[$0] == nil }
            guard missing == 1 else { return nil }
            return cells.filter { isMeant($0.key) }.min { ($0.value, $0.key) < ($1.value, $1.key) }?.key
        }
        for model in Set(counts.keys.map(\.model)).sorted() {
            if let found = victim({ $0.model == model }) { return found }
        }
        return victim { _ in true }
    }

    /// - Parameter least: fewest subjects of a cell.
    func document(of week: Week, least: Int) -> JSONValue {
        .fields([
            "schema": "darkroom.statistics/1", "from": .string(week.name), "to": .string(week.next.name),
            "least_subjects": .integer(least),
            "cells": .array(
                cells.sorted { $0.key < $1.key }.map { cell, subjects in
                    .fields([
                        "model": .string(cell.model), "operation": .string(cell.operation.rawValue),
                        "aspect": .string(cell.aspect.rawValue), "script": .string(cell.script.rawValue),
                        "length": .string(cell.length.rawValue), "subjects": .integer(subjects),
                    ])
                }),
        ])
    }
}

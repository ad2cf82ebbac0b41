package import Documents
import Domain
package import Ledger

/// Jobs as `darkroom jobs --json` and `/jobs.json` give them.
package enum JobList {
    package static func document(_ jobs: [JobRecord]) -> JSONValue {
        .fields(["schema": "darkroom.jobs/1", "jobs": .array(jobs.map(entry))])
    }

    package static func entry(_ job: JobRecord) -> JSONValue {
        .fields([
            "job": .string(job.id), "batch": .text(job.batch?.description), "requested_id": .text(job.requestedID),
            "state": .string(job.state.rawValue),
            "route": .text(job.route.isEmpty ? nil : job.route), "priority": .integer(job.priority),
            "accepted": .string(job.acceptedAt.description), "started": .text(job.startedAt?.description),
            "settled": .text(job.settledAt?.description), "outputs": .integer(job.count),
            "references": .integer(job.referenceCount), "simulated": .bool(job.simulated),
            "reason": job.reason?.json, "waits_for": .text(job.waitsFor?.rawValue),
            "waits": job.waitReason.map { reason in
                .fields([
                    "message": .string(reason.message), "hint": .string(reason.hint ?? reason.code.remedy),
                    "until": .string(job.runAfter.description),
                ])
            },
            "inputs_delete_by": .string(job.inputsDeleteBy.description),
            "inputs_deleted": .text(job.inputsDeletedAt?.description),
        ])
    }
}

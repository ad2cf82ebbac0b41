import Disk
import Domain
import Glibc
import Ledger
import Settings

/// What Prometheus reads: text format 0.0.4, base units, no subject, job or prompt in a label.
struct Metrics {
    private var lines: [String] = []

    /// - Parameter readiness: whether work can flow.
    init(_ status: SpoolStatus, _ tally: Tally, _ readiness: Readiness, _ workers: [WorkerLine]) {
        let state = tally.snapshot
        gauge("darkroom_ready", "Whether work can flow.", [([], readiness.isReady ? 1 : 0)])
        gauge(
            "darkroom_jobs", "Jobs by state.",
            JobState.allCases.map { ([("state", $0.rawValue)], Double(status.counts[$0] ?? 0)) })
        routes(status)
        gauge("darkroom_inbox_names", "Names in the inbox that mean something.", [([], Double(status.inbox))])
        gauge(
            "darkroom_watcher_events",
            "Whether file events tell of hand-overs; 0 where the inbox is listed each second instead.",
            [([], readiness.hasEvents ? 1 : 0)])
        gauge(
            "darkroom_inbox_scan_age_seconds", "How long ago the inbox was looked at; -1 before the first time.",
            [([], readiness.scanAge.map { Double($0.milliseconds) / 1000 } ?? -1)])
        gauge(
            "darkroom_deletion_oldest_overdue_seconds", "By how much the oldest deletion is late; 0 if all is well.",
            [([], Double(status.overdue))])
        gauge(
            "darkroom_deletion_next_timestamp_seconds", "When inputs are deleted next; 0 if nothing waits for it.",
            [([], status.retention.nextDeadline.map { Double($0.milliseconds) / 1000 } ?? 0)])
        gauge(
            "darkroom_jobs_with_inputs", "Jobs whose inputs are not deleted yet.",
            [([], Double(status.retention.holding))])
        gauge(
            "darkroom_budget_day_dollars", "What may be spent in a UTC day; 0 where there is no limit.",
            [([], Double(status.configuration.budgetPerDay ?? 0) / 1e6)])
        gauge(
            "darkroom_requests_open", "Requests of people that have not come to their end.",
            [([], Double(status.requests.count))])
        gauge(
            "darkroom_request_due_timestamp_seconds", "When the first of these is due; 0 where there is none.",
            [([], status.requests.first.map { Double($0.due.milliseconds) / 1000 } ?? 0)])
        if let free = try? Folders.free(status.configuration.spool) {
            gauge("darkroom_disk_free_bytes", "Free on the spool's file system.", [([], Double(free.bytes))])
            gauge("darkroom_disk_free_inodes", "Free on the spool's file system.", [([], Double(free.inodes))])
        }
        counter("darkroom_jobs_accepted_total", "Jobs taken in.", [], state)
        counter("darkroom_jobs_settled_total", "Jobs that came to an outcome.", ["outcome", "reason"], state)
        counter("darkroom_jobs_delayed_total", "How often a job had to wait, by what for.", ["reason"], state)
        counter(
            "darkroom_calls_total", "Ended requests, by route, class and billing.", ["route", "class", "billed"], state)
        counter(Tally.State.security, "What abuse is seen by, by kind.", ["kind"], state)
        counter("darkroom_hook_failures_total", "Commands of the operator's that did not end well.", ["hook"], state)
        histograms(
            "darkroom_stage_duration_seconds", "Duration of stages: prepare, call, finish, and the whole job.", "stage",
            state.stages)
        histograms("darkroom_call_duration_seconds", "Duration of requests, by route.", "route", state.calls)
        gauge("darkroom_workers", "Image workers.", [([], Double(workers.count))])
        gauge(
            "darkroom_workers_resident_memory_bytes", "Memory of all image workers.",
            [([], workers.reduce(0) { $0 + Double($1.memory) })])
        process()
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func routes(_ status: SpoolStatus) {
        func each(_ value: (SpoolStatus.RouteLine) -> Double) -> [([(String, String)], Double)] {
            status.routes.map { ([("route", $0.route.name)], value($0)) }
        }
        gauge("darkroom_route_calls_in_flight", "Requests on their way.", each { Double($0.underWay) })
        gauge("darkroom_route_concurrency", "Most requests at once.", each { Double($0.route.concurrency) })
        gauge("darkroom_route_requests_waiting", "Requests of open jobs.", each { Double($0.waiting) })
        gauge(
            "darkroom_route_requests_most", "Requests that it can serve inside queue.max_wait.",
            each { Double($0.most) })
        gauge("darkroom_route_paused", "Whether the route gets no requests.", each { $0.pause == nil ? 0 : 1 })
        gauge("darkroom_route_spent_today_dollars", "Of this UTC day.", each { Double($0.spent) / 1e6 })
    }

    private mutating func histograms(
        _ name: String, _ help: String, _ label: String, _ found: [String: Tally.Histogram]
    ) {
        head(name, help, "histogram")
        for (value, histogram) in found.sorted(by: { $0.key < $1.key }) {
            let own = "\(label)=\"\(value)\""
            var sum = 0
            for (bound, count) in zip(Tally.Histogram.bounds.map { String($0) } + ["+Inf"], histogram.counts) {
                sum += count
                lines.append("\(name)_bucket{\(own),le=\"\(bound)\"} \(sum)")
            }
            lines.append("\(name)_sum{\(own)} \(histogram.sum)")
            lines.append("\(name)_count{\(own)} \(sum)")
        }
    }

    private mutating func process() {
        var used = rusage()
        unsafe getrusage(RUSAGE_SELF.rawValue, &used)
        let seconds = Double(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
        let rest = Double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6
        head("process_cpu_seconds_total", "Processor time of the daemon, without its workers.", "counter")
        lines.append("process_cpu_seconds_total \(seconds + rest)")
        let pages = ((try? Files.read("/proc/self/statm", limit: 1000)) ?? nil)
            .flatMap {
                String(decoding: $0, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Double($0) }
            }
        if let pages {
            gauge("process_resident_memory_bytes", "Memory of the daemon, without its workers.", [([], pages * 4096)])
        }
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(type)")
    }

    private mutating func gauge(_ name: String, _ help: String, _ values: [([(String, String)], Double)]) {
        head(name, help, "gauge")
        for (labels, value) in values { lines.append(name + Self.text(labels) + " \(value)") }
    }

    private mutating func counter(_ name: String, _ help: String, _ labels: [String], _ state: Tally.State) {
        head(name, help, "counter")
        let found = state.counters.filter { $0.key.name == name }.sorted { $0.key < $1.key }
        for (key, count) in found { lines.append(name + Self.text(Array(zip(labels, key.labels))) + " \(count)") }
        if found.isEmpty, labels.isEmpty { lines.append("\(name) 0") }
    }

    /// Routes are named `[A-Za-z0-9._-]`, and all other values are words of ours: nothing needs to be escaped.
    private static func text(_ labels: [(String, String)]) -> String {
        labels.isEmpty ? "" : "{" + labels.map { "\($0)=\"\($1)\"" }.joined(separator: ",") + "}"
    }
}

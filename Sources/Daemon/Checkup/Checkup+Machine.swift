import CLinuxShim
import Disk
import Domain
import Glibc
import Settings
import Transport

extension Checkup {
    // MARK: the network

    func networkFindings() -> [Finding] {
        var findings = [Finding.ok("network.tls", "TLS 1.2 or newer, verified, by \(Trust.library)")]
        do throws(TransportError) {
            let client = try HTTPClient(.init(proxy: configuration.proxy, caFile: configuration.caFile))
            client.shutDown()
        } catch {
            findings.append(
                .error(
                    "network.client", "the network could not be set up: \(error)",
                    remedy: "set network.ca_file to a file that can be read, and network.proxy to http://HOST:PORT"))
        }
        if let roots { findings.append(roots) }
        return findings + [statusPage]
    }

    /// Whether the page's address can be had; a daemon that runs has it already.
    private var statusPage: Finding {
        let name = "network.listen"
        guard let address = configuration.listen else { return .ok(name, "there is no status page: listen is off") }
        let failure = isRunning ? 0 : unsafe -lx_try_bind(address.host, address.port)
        if failure != 0 {
            let isUsual = address == Configuration.usualListen
            return Finding(
                name: name, level: isUsual ? .warning : .error,
                message: "\(address) can not be listened on (\(DiskError.text(of: failure))): "
                    + (isUsual ? "there is no status page" : "the daemon does not start"),
                remedy: "set listen to an address of this machine and a free port from 1024 on, or to \"off\"")
        }
        guard address.host.hasPrefix("127.") || address.host == "::1" else {
            let sees = configuration.showsPictures ? "queue, spend, job ids and pictures" : "queue, spend and job ids"
            return .warning(
                name, "whoever reaches \(address) sees \(sees), without a login",
                remedy: "listen on 127.0.0.1, and put a proxy that asks for a login before it")
        }
        return .ok(name, "the status page is for this machine only: http://\(address)/")
    }

    private var roots: Finding? {
        let name = "network.roots"
        guard let path = configuration.caFile ?? Trust.usualFile else { return nil }
        guard configuration.caFile != nil || paysAnybody else { return nil }
        let remedy =
            configuration.caFile == nil
            ? "install ca-certificates, or name a file of roots with network.ca_file"
            : "put the root's newest certificate (PEM) into network.ca_file"
        let trust = Trust(file: path)
        if trust.failure != 0 {
            return .error(name, "\(path) can not be read: \(DiskError.text(of: trust.failure))", remedy: remedy)
        }
        if trust.certificates == 0 { return .error(name, "\(path) holds no certificate", remedy: remedy) }
        if trust.expired == trust.certificates {
            return .error(name, "every certificate in \(path) has expired: no service is trusted", remedy: remedy)
        }
        let days = trust.daysLeft ?? 0
        if configuration.caFile != nil, trust.expired > 0 || days < 30 {
            let what = trust.expired > 0 ? "has expired" : "ends in \(days == 1 ? "1 day" : "\(days) days")"
            return .warning(name, "a certificate in \(path) \(what)", remedy: remedy)
        }
        return .ok(name, "\(trust.certificates - trust.expired) roots are trusted: \(path)")
    }

    // MARK: the machine

    func machineFindings() -> [Finding] {
        let calls = routes.reduce(0) { $0 + $1.concurrency }
        let workers = configuration.workers.count == 0 ? Machine.cores : configuration.workers.count
        return [
            Self.openFiles(Machine.openFiles, calls: calls, workers: workers),
            Self.swap(text("/proc/swaps"), isEncrypted: isEncrypted),
            Self.cores(pattern: text("/proc/sys/kernel/core_pattern"), bytes: Machine.coreBytes),
        ]
    }

    private func text(_ path: String) -> String {
        String(decoding: ((try? Files.read(path, limit: 1 << 20)) ?? nil) ?? [], as: UTF8.self)
    }

    /// Each call holds a socket and the file that its answer is written to; the rest needs about a hundred.
    static func openFiles(_ limit: Int, calls: Int, workers: Int) -> Finding {
        let need = 128 + 2 * calls + 16 * workers
        let words = "\(limit) files may be open, and \(calls) calls at once need about \(need)"
        guard limit < need else { return .ok("machine.open_files", words) }
        return .warning(
            "machine.open_files", words,
            remedy: "raise LimitNOFILE= of the unit (ulimit -n), or lower models.NAME.concurrency")
    }

    /// - Parameter isEncrypted: whether the kernel encrypts what goes to a device.
    static func swap(_ table: String, isEncrypted: (String) -> Bool) -> Finding {
        let devices = table.split(separator: "\n").dropFirst().compactMap { line in
            line.split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
        let open = devices.filter { !$0.contains("/zram") && !isEncrypted($0) }
        if open.isEmpty {
            return .ok("machine.swap", devices.isEmpty ? "there is no swap" : "swap does not outlive its key")
        }
        return .warning(
            "machine.swap",
            "pictures in memory may be written to swap that is not encrypted: "
                + open.joined(separator: ", "),
            remedy: "swapoff -a, or encrypt it with a random key (crypttab: swap), or MemorySwapMax=0 in the unit")
    }

    /// Whether a device is of dm-crypt.
    private func isEncrypted(_ device: String) -> Bool {
        guard let real = Files.absolute(device) else { return false }
        return text("/sys/block/\(Files.name(of: real))/dm/uuid").hasPrefix("CRYPT-")
    }

    /// The daemon forbids itself to leave a core file (`Machine.forbidCoreFiles`); what else holds pictures is a command that a
    /// person runs beside it.
    static func cores(pattern: String, bytes: Int) -> Finding {
        // A program that takes cores gets them whatever the limit, but for 1 (core(5)).
        let isPiped = pattern.hasPrefix("|")
        if bytes == 0 && !isPiped { return .ok("machine.core_files", "a crash leaves no core file") }
        return .warning(
            "machine.core_files",
            isPiped
                ? "a command that crashes hands its memory, pictures in it, to a collector of core files; the daemon does not"
                : "a command that crashes may leave its memory, pictures in it, in a core file; the daemon does not",
            remedy: isPiped
                ? "set kernel.core_pattern to core and LimitCORE=0, or Storage=none in coredump.conf"
                : "ulimit -c 0, or a hard limit of core 0 in limits.conf")
    }
}

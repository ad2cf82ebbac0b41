"""Runs a command under what a unit file says of it, as far as that can be had without systemd.

Usage: under_unit.py UNIT ROOT COMMAND...     as root, in a mount namespace of its own (unshare --mount).

Taken from the unit: User, UMask, LimitNOFILE, LimitCORE, NoNewPrivileges, CapabilityBoundingSet, SystemCallFilter,
SystemCallErrorNumber, SystemCallArchitectures (native), RestrictAddressFamilies, RestrictNamespaces, RestrictRealtime, LockPersonality,
MemoryDenyWriteExecute, ProtectSystem=strict with StateDirectory, PrivateTmp, PrivateDevices, PrivateNetwork, ProtectProc, ProtectHome. The filter
is built by libseccomp from the sets that `systemd-analyze syscall-filter` prints. Not taken: cgroups (MemorySwapMax, TasksMax, DevicePolicy,
IPAddressDeny), ProtectKernel*, ProtectClock and ProtectHostname beyond what the filter and the lost capabilities do, KeyringMode,
RemoveIPC. A setting that this list does not know ends the run, so that nobody takes it for tried.
"""
import ctypes
import errno
import os
import pwd
import resource
import socket
import subprocess
import sys

import seccomp

TAKEN = set(
    "User Group UMask LimitNOFILE LimitCORE NoNewPrivileges CapabilityBoundingSet AmbientCapabilities SystemCallFilter "
    "SystemCallErrorNumber SystemCallArchitectures RestrictAddressFamilies RestrictNamespaces RestrictRealtime LockPersonality "
    "MemoryDenyWriteExecute ProtectSystem StateDirectory StateDirectoryMode PrivateTmp PrivateDevices ProtectProc ProtectHome "
    "PrivateMounts PrivateNetwork".split())
LEFT = set(
    "Type NotifyAccess ExecStart WatchdogSec TimeoutStartSec TimeoutStopSec KillMode Restart RestartSec RestartPreventExitStatus "
    "ConfigurationDirectory ConfigurationDirectoryMode LimitMEMLOCK MemorySwapMax OOMPolicy TasksMax DevicePolicy ProtectHostname "
    "ProtectClock ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups RemoveIPC KeyringMode "
    "Nice IOSchedulingClass IPAddressDeny".split())
NEW = {"cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000,
       "mnt": 0x00020000}
libc = ctypes.CDLL(None, use_errno=True)


def settings_of(unit):
    found, section = {}, ""
    for line in open(unit):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    strange = set(found) - TAKEN - LEFT
    if strange:
        sys.exit(f"under_unit: not known: {' '.join(sorted(strange))}")
    return found


def calls_of(names):
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        printed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
        words = [line.strip() for line in printed.stdout.splitlines()[1:]]
        calls |= calls_of([word for word in words if word and not word.startswith("#")])
    return calls


def allowed_calls(lines):
    allowed = set()
    for line in lines:
        if line.startswith("~"):
            allowed -= calls_of(line[1:].split())
        else:
            allowed |= calls_of(line.split())
    # What systemd itself always allows, so that it can start the program.
    return allowed | calls_of(["@default"]) | {"execve", "exit", "exit_group", "rt_sigreturn", "sigreturn"}


def build_filter(found):
    refuse = seccomp.ERRNO(getattr(errno, found.get("SystemCallErrorNumber", ["EPERM"])[0]))
    program = seccomp.SyscallFilter(refuse)
    handled = {"socket", "clone", "clone3", "unshare", "setns", "mmap", "mprotect", "pkey_mprotect", "shmat", "personality",
               "sched_setscheduler"}
    allowed = allowed_calls(found["SystemCallFilter"])
    for call in allowed - handled:
        try:
            program.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, ValueError):
            pass  # not a call of this machine
    for family in found["RestrictAddressFamilies"][0].split():
        if family != "none":
            number = getattr(socket, family)
            program.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, int(number)))
    every = sum(NEW.values())
    program.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, every, 0))
    program.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    execute, write = 4, 2
    program.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, execute | write, 0))
    program.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, execute | write, execute))
    program.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, execute | write, write))
    program.add_rule(seccomp.ALLOW, "mprotect", seccomp.Arg(2, seccomp.MASKED_EQ, execute, 0))
    program.add_rule(seccomp.ALLOW, "shmat", seccomp.Arg(2, seccomp.MASKED_EQ, 0o100000, 0))
    return program


def mount(source, target, kind, flags=0, data=None):
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode() if data else None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)


def prepare_root(root, state):
    nosuid, nodev, read_only, remount, bind, recursive, private = 2, 4, 1, 32, 4096, 16384, 1 << 18
    mount("none", "/", "none", recursive | private)
    mount(root, root, "none", bind | recursive)
    writable = os.path.join(root, state)
    mount(writable, writable, "none", bind)
    mount("none", root, "none", bind | remount | read_only | nosuid)
    mount("none", writable, "none", bind | remount | nosuid | nodev)
    mount("proc", root + "/proc", "proc", nosuid | nodev, "hidepid=invisible")
    mount("tmpfs", root + "/tmp", "tmpfs", nosuid | nodev, "mode=1777")
    mount("tmpfs", root + "/root", "tmpfs", nosuid | nodev | read_only)
    mount("tmpfs", root + "/dev", "tmpfs", nosuid, "mode=755")
    for name, minor in {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}.items():
        os.mknod(f"{root}/dev/{name}", 0o20666, os.makedev(1, minor))
        os.chmod(f"{root}/dev/{name}", 0o666)


def main():
    unit, root, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    found = settings_of(unit)
    program = build_filter(found)
    socket_path = os.environ.get("NOTIFY_SOCKET")
    prepare_root(root, "var/lib/" + found["StateDirectory"][0])
    if found.get("PrivateNetwork") == ["yes"] and libc.unshare(NEW["net"]) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    os.chroot(root)
    os.chdir("/")
    user = pwd.getpwnam(found["User"][0])
    for name, limit in (("LimitCORE", resource.RLIMIT_CORE), ("LimitNOFILE", resource.RLIMIT_NOFILE)):
        if name in found:
            number = int(found[name][0])
            resource.setrlimit(limit, (number, number))
    os.umask(int(found["UMask"][0], 8))
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)
    os.setgroups([user.pw_gid])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    libc.prctl(38, 1, 0, 0, 0)
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8", "USER": user.pw_name,
                   "LOGNAME": user.pw_name, "HOME": user.pw_dir, "STATE_DIRECTORY": "/var/lib/darkroom"}
    if socket_path:
        environment |= {"NOTIFY_SOCKET": socket_path, "WATCHDOG_USEC": os.environ.get("WATCHDOG_USEC", "180000000")}
    program.load()
    os.execve(command[0], command, environment)


main()

#!/usr/bin/python3
"""A virtual machine with Debian's kernel, emulated in software: kernel Bluetooth on a machine that has none.

    vm.py FOLDER PROGRAM [ARGUMENT...]

Boots (10-20 s), runs PROGRAM as root on a copy-on-write view of this machine's files, passes on what it printed and
exits with its exit code. FOLDER keeps the kernel for the next time; nothing is installed. Prints "not run: WHY" and
exits 77 where this cannot be done.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, Sequence

NOT_RUN = 77  # what CTest takes for "skipped"
_HERE = Path(__file__).resolve().parent
_PROGRAMS = ("qemu-system-x86_64", "setpriv", "busybox", "cpio", "depmod", "modprobe", "dpkg-deb", "apt-get")
_BOOT_AND_RUN_S = 500
_PASSED_ON = ("TOUCHPOINT_BIN", "PYTHONPATH")

# In this order. drbg and what it needs go before bluetooth: without a random generator its self-test fails, and with it
# Secure Connections. af_alg is what bluetoothd computes with.
_MODULES = (
    "virtio_pci 9pnet_virtio 9p overlay ecb cmac hmac ctr sha256_generic sha512_generic jitterentropy_rng drbg "
    "algif_hash algif_skcipher aesni_intel bluetooth hci_vhci uhid"
).split()


class NotRun(Exception):
    """Why this machine cannot have the virtual one."""


def _said(*command: str | Path, cwd: Path | None = None) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=cwd).stdout


def unpacked_kernel(folder: Path) -> Path:
    """Debian's newest kernel package for this architecture, unpacked; the cloud flavour has no Bluetooth."""
    found = re.search(r"Depends: (linux-image-\S+)", _said("apt-cache", "depends", "linux-image-amd64"))
    if not found:
        raise NotRun("apt knows no linux-image-amd64")
    kernel = folder / found[1]
    if kernel.exists():
        return kernel
    with tempfile.TemporaryDirectory(dir=folder) as work:
        try:
            _said("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", found[1], cwd=Path(work))
        except subprocess.CalledProcessError as trouble:
            raise NotRun(f"{found[1]} cannot be downloaded: {trouble.stderr.strip()}") from None
        [package] = Path(work).glob("*.deb")
        _said("dpkg-deb", "-x", package, Path(work) / "files")
        (Path(work) / "files").rename(kernel)
    _said("depmod", "-b", kernel, _version(kernel))
    return kernel


def _version(kernel: Path) -> str:
    [modules] = (kernel / "lib" / "modules").iterdir()
    return modules.name


def _module_files(kernel: Path) -> Iterator[Path]:
    """Each once, those that others need first."""
    seen: set[str] = set()
    for name in _MODULES:
        for line in _said("modprobe", "-d", kernel, "-S", _version(kernel), "--show-depends", name).splitlines():
            kind, _, path = line.partition(" ")
            if kind == "insmod" and path not in seen:
                seen.add(path)
                yield Path(path.strip())


def make_initrd(kernel: Path, archive: Path) -> None:
    with tempfile.TemporaryDirectory(dir=archive.parent) as work:
        top = Path(work)
        for name in ("bin", "proc", "sys", "dev", "below", "above", "whole", "modules"):
            (top / name).mkdir()
        shutil.copy(shutil.which("busybox") or "", top / "bin" / "busybox")
        shutil.copy(_HERE / "initrd_init", top / "init")
        (top / "init").chmod(0o755)
        files = list(_module_files(kernel))
        for path in files:
            shutil.copy(path, top / "modules")
        (top / "modules" / "order").write_text("".join(f"{path.name}\n" for path in files))
        names = "".join(f"{path.relative_to(top)}\n" for path in sorted(top.rglob("*")))
        with archive.open("wb") as out:
            command = ["cpio", "--create", "--format=newc", "--quiet", "--owner=0:0"]
            subprocess.run(command, input=names.encode(), stdout=out, cwd=top, check=True)


def _qemu(kernel: Path, initrd: Path, share: Path) -> list[str]:
    def folder(path: str, tag: str, more: str = "") -> list[str]:
        shared = f"local,id={tag},path={path},security_model=none,multidevs=remap{more}"
        return ["-fsdev", shared, "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]

    return [
        *"setpriv --pdeathsig KILL qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1536".split(),
        *"-nodefaults -no-user-config -display none -no-reboot -device virtio-rng-pci".split(),
        *("-serial", f"file:{share}/console"),
        *("-kernel", str(kernel / "boot" / f"vmlinuz-{_version(kernel)}"), "-initrd", str(initrd)),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on tsc=reliable"),
        *folder("/", "root", ",readonly=on"),
        *folder(str(share), "share"),
    ]


def run(folder: Path, program: Sequence[str]) -> int:
    """Boots, runs, prints; returns the program's exit code."""
    missing = [name for name in _PROGRAMS if not shutil.which(name)]
    if missing:
        raise NotRun(f"{', '.join(missing)}: not installed")
    folder.mkdir(parents=True, exist_ok=True)
    kernel = unpacked_kernel(folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="share-") as work:
        share = Path(work)
        make_initrd(kernel, share / "initrd")
        shutil.copy(_HERE / "guest_init", share)
        variables = [f"{name}={shlex.quote(os.environ[name])}" for name in _PASSED_ON if name in os.environ]
        command = f"exec env {' '.join(variables)} {shlex.join(program)}"
        (share / "job").write_text(f"cd {shlex.quote(os.getcwd())} && {command}\n")
        (share / "guest_init").chmod(0o755)
        subprocess.run(_qemu(kernel, share / "initrd", share), check=True, timeout=_BOOT_AND_RUN_S)
        if not (share / "exit-code").exists():
            print((share / "console").read_text(errors="replace")[-4000:], "the virtual machine ended early", sep="\n")
            return 1
        print((share / "output").read_text(errors="replace"), end="")
        return int((share / "exit-code").read_text())


if __name__ == "__main__":
    try:
        sys.exit(run(Path(sys.argv[1]).resolve(), sys.argv[2:]))
    except NotRun as why:
        print(f"not run: {why}")
        sys.exit(NOT_RUN)

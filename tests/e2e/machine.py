"""A virtual machine with Debian's kernel, emulated in software, on a copy-on-write view of this machine's files.

It boots in 10-20 s, runs `job` of the folder that it shares, as root, and leaves `output` and `exit-code` there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

NOT_RUN = 77  # what CTest takes for "skipped"
_HERE = Path(__file__).resolve().parent
_PROGRAMS = ("qemu-system-x86_64", "setpriv", "busybox", "cpio", "depmod", "modprobe", "dpkg-deb", "apt-get")

# In this order. drbg and what it needs go before bluetooth: without a random generator its self-test fails, and with it
# Secure Connections. af_alg is what bluetoothd computes with.
_MODULES = (
    "virtio_pci 9pnet_virtio 9p overlay ecb cmac hmac ctr sha256_generic sha512_generic jitterentropy_rng drbg "
    "algif_hash algif_skcipher aesni_intel bluetooth hci_vhci uhid virtio_blk ext4 crc32c_generic virtio_net"
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


def _make_initrd(kernel: Path, archive: Path) -> None:
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


class Machine:
    """What every boot has in common. `folder` keeps the kernel for the next time; nothing is installed."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in _PROGRAMS if not shutil.which(name)]
        if missing:
            raise NotRun(f"{', '.join(missing)}: not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self._kernel = unpacked_kernel(folder)

    def prepare(self, share: Path, job: str) -> None:
        """`share` is /mnt/share of the machine."""
        _make_initrd(self._kernel, share / "initrd")
        shutil.copy(_HERE / "guest_init", share)
        (share / "guest_init").chmod(0o755)
        (share / "job").write_text(job)

    def command(self, share: Path, *more: str) -> list[str]:
        """Boots what was prepared; `more` are options of qemu."""
        return [*_qemu(self._kernel, share / "initrd", share), *more]


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

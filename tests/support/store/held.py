"""One thread of another process that stands still, as one that waits for a dead disk does; the others go on."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path


class Held:
    """From its making to `release`, by ptrace(2): OSError where that is not allowed."""

    _SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
    _ALL_CHILDREN = 0x40000000  # __WALL: threads, too

    def __init__(self, pid: int, name: str) -> None:
        tasks = Path(f"/proc/{pid}/task").iterdir()  # a thread has its maker's name until it has its own: the first
        self._thread = min(int(task.name) for task in tasks if (task / "comm").read_text().strip() == name)
        self._call(self._SEIZE)
        self._call(self._INTERRUPT)
        os.waitpid(self._thread, self._ALL_CHILDREN)

    def release(self) -> None:
        self._call(self._DETACH)

    def _call(self, request: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(ctypes.c_long(request), ctypes.c_long(self._thread), None, None) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

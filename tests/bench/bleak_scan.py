"""What a user would write instead: bleak's scanner with an empty callback. Part of bench-radio.

    bleak_scan.py TITLE COUNT        (the bus is DBUS_SYSTEM_BUS_ADDRESS)
"""

import asyncio
import resource
import sys
import time

try:
    from bleak import BleakScanner
except ImportError:
    sys.exit(0)  # not installed: no row

_DEADLINE_S = 120


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main(title: str, count: int) -> None:
    seen, began_s, cpu_s = 0, 0.0, 0.0
    ended = asyncio.Event()

    def on_advert(_device: object, _data: object) -> None:
        nonlocal seen, began_s, cpu_s
        if seen == 0:
            began_s, cpu_s = time.monotonic(), _cpu_s()
        seen += 1
        if seen == count:
            ended.set()

    async with BleakScanner(on_advert):
        try:
            await asyncio.wait_for(ended.wait(), _DEADLINE_S)
        except asyncio.TimeoutError:
            pass
        spent, wall = _cpu_s() - cpu_s, time.monotonic() - began_s
        print(f"{'bleak':9} {title:26} {seen:9} adverts {seen / wall:8.0f}/s  consumer {spent / seen * 1e6:6.2f} us")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

#!/usr/bin/python3
"""The core library, as the linker sees it: `symbols.py LIBRARY` fails if it asks for a clock, chance, or the world."""
import re
import subprocess
import sys

# Undefined, demangled symbols that no function of core/ may end up with, however deep in a header they hide.
BANNED = [
    ("a clock", r"std::chrono::.*_clock::now|^(clock|time|times|clock_\w+|gettimeofday|timespec_get|localtime(_r)?|"
                r"gmtime(_r)?|mktime|strftime|timer_\w+|setitimer|alarm)$"),
    ("sleep", r"^(sleep|usleep|nanosleep|sched_yield)$|std::this_thread::"),
    ("chance", r"std::random_device|^(s?rand(om)?(_r)?|rand48|[dejlmn]rand48|getrandom|getentropy|arc4random\w*|"
               r"RAND_\w+)$"),
    ("a thread", r"^pthread_(?!once$)|^(thrd|mtx|cnd)_|std::(j?thread|mutex|condition_variable|future|promise)\b|"
                 r"std::__(basic_)?future|^std::__throw_system_error"),
    ("a file", r"^(f?open(64|at|at64)?|creat|fdopen|freopen|read|write|pread|pwrite|f(close|read|write|puts|putc|gets|"
               r"printf|flush|seek|sync)|(un)?link|rename|stat|fstat|lstat|mkdir|opendir|mmap|ioctl|remove)$|"
               r"std::filesystem|std::basic_\w*(fstream|filebuf)"),
    ("a stream", r"^std::(c(out|err|log|in)|ios_base|basic_[io]stream|locale)\b|"
                 r"^(v?printf|puts|putchar|stdout|stderr)$"),
    ("a socket", r"^(socket|socketpair|bind|listen|accept4?|connect|send(to|msg)?|recv(from|msg)?|getaddrinfo|poll|"
                 r"select|epoll_\w+|eventfd|pipe2?)$"),
    ("the environment", r"^(secure_getenv|getenv|setenv|putenv|environ|getpid|gethostname|uname)$"),
    ("a process", r"^(fork|vfork|exec\w+|system|popen|posix_spawn\w*|kill|signal|sigaction|exit|_exit)$"),
]


def undefined(library: str) -> list[tuple[str, str]]:
    listing = subprocess.run(["nm", "-uC", library], check=True, capture_output=True, text=True).stdout
    found, member = [], library
    for line in listing.splitlines():
        if re.fullmatch(r"\S+\.o(?:bj)?:", line):
            member = line[:-1]
        elif match := re.match(r"\s+[UwvWV] (.*)", line):
            found.append((member, re.sub(r"@.*$", "", match[1])))
    return found


def broken(symbols: list[tuple[str, str]]) -> list[str]:
    return [f"{member}:0: core asks for {what}: {symbol}"
            for member, symbol in symbols for what, pattern in BANNED if re.search(pattern, symbol)]


def main() -> int:
    symbols = undefined(sys.argv[1])
    if not symbols:
        print(f"{sys.argv[1]}:0: no undefined symbol at all: not the library of core/")
        return 1
    found = broken(symbols)
    print("\n".join([*found, f"symbols: {len(symbols)} undefined, {len(found)} of them banned"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

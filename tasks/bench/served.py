"""How the Python programs of the benchmark are driven: over standard input and output, one JSON text a
line.
"""

import json
import re
import signal
import sys
from pathlib import Path


def peak_bytes():
    """Linux's own figure: that of getrusage begins with the memory of the process that started us."""
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kilobytes) * 1024


def answer_line(line, prepared, answer):
    request = {}
    try:
        request |= json.loads(line)
        return request | answer(request, prepared)
    # Whatever goes wrong, above all a missing compiler, must not end the other measurements.
    except Exception as error:
        reason = str(error).strip().splitlines() or [""]
        return request | {"error": f"{type(error).__name__}: {reason[0]}"}


def serve(ready, answer):
    """Says that it is ready, and answers requests until the end of standard input."""
    # Ctrl-C reaches this process too, and the one that drives it says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    print(json.dumps(ready), flush=True)
    prepared = {}
    for line in sys.stdin:
        print(json.dumps(answer_line(line, prepared, answer)), flush=True)

"""Owns the judgement whether the processes of a run were on the sockets they were meant to be on.

Reads what `preload/rsock_conformance.py` wrote: a line when a process starts and one when it ends,
with the files that `socket` and `_socket` came from ("-" where not loaded). Knows no suites.
"""

from __future__ import annotations

import os
from pathlib import Path


def weigh(path: Path, main: int, folder: Path | None, *, broken: bool) -> tuple[int, list[str]]:
    """How many processes started, and every reason to doubt that they were on rsock in `folder`.

    Without a folder they must be on stock. `main` is the process of the suite itself: of all
    processes it alone must have told its end, unless the run is `broken`.
    """
    processes, doubts, phases = 0, [], set()
    for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
        pid, phase, *places = line.split("\t")
        if phase == "failed":
            doubts.append(f"rsock could not be installed: {places[0]}")
            continue
        processes += phase == "start"
        loaded = [place for place in places[:2] if place != "-"]
        on_rsock = [place.startswith(f"{folder}{os.sep}") for place in loaded]
        stray = not all(on_rsock) if folder else any("rsock" in Path(place).parts for place in loaded)
        # rsock is there from the start, but a test may have taken the modules out at the end.
        missing = folder is not None and len(loaded) < 2 and (phase == "start" or int(pid) == main)
        if stray or missing:
            doubts.append(f"a process was on {' and '.join(places[:2])}: {' '.join(places[2:])}")
        if int(pid) == main:
            phases.add(phase)
    if "start" not in phases or not (broken or "exit" in phases):
        doubts.append("no evidence of which sockets the suite was on")
    return processes, doubts

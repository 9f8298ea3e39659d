"""python -m soak                 all of it: 200 kills, 5,000 files, 1,000 command lines, 300 operations an explorer
python -m soak --part files    one part: kills, files, lines or explorers
python -m soak --seed 1        other kills, files, lines and operations
python -m soak --share 0.1     a tenth of it
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import torch

from soak.command_lines import soak_command_lines
from soak.damaged import soak_files
from soak.explorers import soak_explorers
from soak.kills import soak_kills

PARTS = {
    "files": (soak_files, 5_000),
    "explorers": (soak_explorers, 300),
    "lines": (soak_command_lines, 1_000),
    "kills": (soak_kills, 200),
}


def main(arguments: list[str] | None = None) -> int:
    """Play the parts that are asked for, print what came, and return 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, help="only this one")
    parser.add_argument("--seed", type=int, default=0, help="default 0")
    parser.add_argument("--share", type=float, default=1.0, help="of the numbers above; default 1")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    faults = 0
    for name in [options.part] if options.part else PARTS:
        play, times = PARTS[name]
        start = time.monotonic()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            report = play(max(1, round(times * options.share)), options.seed, Path(folder))
        print(f"{report}\n  {time.monotonic() - start:.0f} s", flush=True)
        faults += len(report.faults)
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())

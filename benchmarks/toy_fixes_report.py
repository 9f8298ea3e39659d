"""The tables of benchmarks.toy_fixes as Markdown, with what may be said of each row: by computation, not by eye.

python -m benchmarks.toy_fixes_report    write benchmarks/results/toy_fixes.md from what is recorded; trains nothing
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

from dcgan_course import recorded
from dcgan_course.recorded.comparison import verdicts
from recording.files import write_sums

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = recorded.FOLDER / "toy_fixes"
REPORT = ROOT / "benchmarks" / "results" / "toy_fixes.md"
ON_THE_CARD = ("what", "date", "torch", "machine", "command", "seed", "runs", "samples_judged")
MEASURES = {"modes": "modes", "high_quality": "high quality", "reverse_kl": "reverse KL"}
BETTER = {"modes": 1, "high_quality": 1, "reverse_kl": -1}
CIRCLE = "chance: the whole circle"
BEST_CHANCE = {"ring": CIRCLE, "slow_d": CIRCLE, "grid": "chance: a square, ±4.5"}


def spread(values: list[float], percent: bool = False) -> str:
    """Write mean ± standard deviation."""
    scale, digits = (100, 1) if percent else (1, 2)
    mean, deviation = scale * statistics.mean(values), scale * statistics.stdev(values)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def told_apart(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return {row: {measure: "better", "worse" or ""}} against each row's own control, corrected within a measure."""
    controls = {name: row["control"] for name, row in rows.items() if name != row["control"]}
    words: dict[str, dict[str, str]] = {name: {} for name in rows}
    for measure, sign in BETTER.items():
        found = verdicts({name: row[measure] for name, row in rows.items()}, controls)
        for name, verdict in found.items():
            better = "better" if sign * verdict.difference > 0 else "worse"
            words[name][measure] = better if verdict.apart else ""
    return words


def above_chance(rows: dict[str, dict[str, Any]], chance: dict[str, Any]) -> dict[str, bool]:
    """Return {row: whether its share of high quality is told apart from that of the best chance, and above it}."""
    figures = {name: row["high_quality"] for name, row in rows.items()} | {"chance": chance["high_quality"]}
    found = verdicts(figures, {name: "chance" for name in rows})
    return {name: verdict.apart and verdict.difference > 0 for name, verdict in found.items()}


def write_report(table: dict[str, Any]) -> None:
    """Take the results into the course, with their card, and write a table for each game that is there."""
    SHIPPED.mkdir(exist_ok=True)
    (SHIPPED / "results.json").write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")
    write_sums(SHIPPED, {key: table[key] for key in ON_THE_CARD})
    lines = [
        "# Ring and grid with each fix of lesson 11",
        "",
        f"* Date {table['date']}, torch {table['torch']}, {table['machine']}.",
        f"* Command: `{table['command']}`. Seed {table['seed']}; the {table['runs']} runs of a row differ in first "
        f"weights, points and z, and are trained as one program. {table['samples_judged']:,} points are judged.",
        "* Small networks (G 2–64–64–2, D two maxout layers of 64), Adam, β₁ 0.5, one rate for all rows: **nothing "
        "was tuned for any row.** Only flow matching had four rates tried.",
        "* Mean ± standard deviation over the runs. *Better* and *worse*: told apart from the row's own control "
        "(plain; for packs of two: plain with as many points; for two fixes together: the first of them) by an exact "
        "permutation test, Holm's correction over the rows of the table, level 0.05. No word: not told apart.",
        "* *Chance* rows know nothing of the single modes. Modes and reverse KL of a circle or a square can be as good "
        "as those of a trained network: only the share of high quality shows that modes were learned, and that alone "
        "says nothing of how many. *Above chance*: higher quality than the circle or square, told apart likewise.",
    ]
    for key, game in table["games"].items():
        rows = game["rows"]
        words, above = told_apart(rows), above_chance(rows, game["chance"][BEST_CHANCE[key]])
        lines += ["", f"## {game['name']}, {game['steps']:,} steps", ""]
        lines += ["| | modes | high quality % | reverse KL | fewest modes in the last half | above chance | CPU s |"]
        lines += ["| --- " * 7 + "|"]
        for name, row in {**rows, **game["chance"]}.items():
            cells = []
            for measure in MEASURES:
                word = words.get(name, {}).get(measure, "")
                cells.append(spread(row[measure], measure == "high_quality") + (f" *{word}*" if word else ""))
            fewest = row.get("fewest_modes_in_last_half")
            cells.append(f"{min(fewest)} to {max(fewest)}" if fewest else "")
            cells.append("" if name not in above else "yes" if above[name] else "no")
            cells.append(f"{row['cpu_seconds']:.0f}" if "cpu_seconds" in row else "")
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{REPORT.name}: {', '.join(table['games'])}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    write_report(recorded.toy_fixes())
    return 0


if __name__ == "__main__":
    sys.exit(main())

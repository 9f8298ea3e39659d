"""Train what the course ships, and write its cards. Needs the real pictures: set DCGAN_COURSE_DATA.

python -m recording                    everything
python -m recording mnist_mlp          one of: digit_classifier, cifar10_classifier, factor_reader, mnist_mlp,
                                       mnist_dcgan, mnist_dcgan_conditional, cifar10_dcgan_32,
                                       cifar10_dcgan_32_tuned, cifar10_dcgan_64, objects_dcgan
python -m recording NAME --seed 1      a DCGAN with another seed: kept under build/recorded, not shipped
python -m recording report [NAME]      train nothing: evaluate one shipped generator, or all, and write the report cards
python -m recording sums               train nothing: write the sums of the files as they are into each card
"""

import argparse
import functools
import sys
from collections.abc import Callable

from dcgan_course import recorded
from dcgan_course.files import read_json
from recording.cifar10_classifier import record_cifar10_classifier
from recording.dcgan import RECIPES, record_dcgan
from recording.factors import record_factor_reader
from recording.files import write_sums
from recording.mnist_mlp import record_digit_classifier, record_mnist_mlp
from recording.report import record_report

RECORDS: dict[str, Callable[[], None]] = {
    "digit_classifier": record_digit_classifier,
    "cifar10_classifier": record_cifar10_classifier,
    "factor_reader": record_factor_reader,
    "mnist_mlp": record_mnist_mlp,
}
RECORDS |= {name: functools.partial(record_dcgan, name) for name in RECIPES}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", choices=[*RECORDS, "report", "sums"], help="one of them")
    parser.add_argument("name", nargs="?", choices=recorded.names(), help="whose report card; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of one DCGAN; only that of seed 0 is shipped")
    options = parser.parse_args(arguments)
    if options.seed and options.only not in RECIPES:
        parser.error(f"--seed {options.seed} needs the name of one DCGAN before it.")
    if options.name and options.only != "report":
        parser.error(f"{options.name} stands behind {options.only}, but a second name belongs to `report` only.")
    if options.only == "report":
        for name in [options.name] if options.name else recorded.names():
            record_report(name)
        return 0
    if options.only == "sums":
        for path in sorted(recorded.FOLDER.glob("*/card.json")):
            write_sums(path.parent, read_json(path))
        return 0
    if options.seed:
        record_dcgan(options.only, options.seed, ship=False)
        return 0
    for name in [options.only] if options.only else RECORDS:
        (recorded.FOLDER / name).mkdir(exist_ok=True)
        RECORDS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())

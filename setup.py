"""What pyproject.toml cannot say: a wheel carries the lessons, which lie beside the package in the repository, and the
project's URLs, which follow from one address."""

import shutil
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent


class WithLessons(build_py):
    """Build the package, then copy the lessons into it, where `python -m dcgan_course open` finds them."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        lessons = Path(self.build_lib) / "dcgan_course" / "lessons"
        shutil.rmtree(lessons, ignore_errors=True)
        for name in ("notebooks", "exercises", "solutions"):
            (lessons / name).mkdir(parents=True)
            for path in sorted((HERE / name).glob("*.ipynb")):
                shutil.copyfile(path, lessons / name / path.name)
        shutil.copyfile(HERE / "GLOSSARY.md", lessons / "GLOSSARY.md")


def urls() -> dict[str, str]:
    """Return the project's URLs; none while pyproject.toml names no address."""
    facts = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    repository = facts["tool"]["dcgan-course"]["repository"].rstrip("/")
    if not repository:
        return {}
    return {
        "Homepage": repository,
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


setup(cmdclass={"build_py": WithLessons}, project_urls=urls())

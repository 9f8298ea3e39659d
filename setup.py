"""What pyproject.toml cannot say: a wheel carries the lessons, which lie beside the package in the repository."""

import shutil
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


setup(cmdclass={"build_py": WithLessons})

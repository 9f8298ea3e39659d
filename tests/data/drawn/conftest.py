"""Drawn pictures that several tests look at."""

import pytest

from dcgan_course.data.drawn.pictures import drawn_digits, drawn_objects


@pytest.fixture(scope="session")
def digits():
    return drawn_digits(3000, seed=5)


@pytest.fixture(scope="session")
def objects():
    return drawn_objects(2000, seed=5)

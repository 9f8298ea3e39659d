# The course, on Linux and macOS. The README has the same as plain pip commands, for Windows.
#   make lab          open JupyterLab on lesson 00          make test        all tests
#   make site         the course as a book: build/site    make browser     drive the lessons in a real browser
#   make slides       a deck a lesson, for lectures: build/slides
# Without a card, on Linux: `make lab CPU=1` leaves out the 4 GB of CUDA.
# Authors:
#   make notebooks · exercises · check · recorded-runs · benchmarks · soak · requirements · clean
.DEFAULT_GOAL := help
.PHONY: help lab test test-package test-lessons site slides course browser notebooks exercises check nbgrader recorded-runs benchmarks soak \
        requirements clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# Whatever Jupyter, IPython, matplotlib and the checkers want to keep stays inside this folder, or in the user's cache
# where this folder is read-only. The shell reads its own $$PWD, so that the folder may have any name: spaces, quotes,
# dollar signs.
HERE := $$(test -w . && printf %s "$$PWD" || printf %s "$${XDG_CACHE_HOME:-$$HOME/.cache}/dcgan-course")/.jupyter
JUPYTER_ENV := JUPYTER_CONFIG_DIR="$(HERE)/config" JUPYTER_DATA_DIR="$(HERE)/data" JUPYTER_RUNTIME_DIR="$(HERE)/runtime" \
               IPYTHONDIR="$(HERE)/ipython" MPLCONFIGDIR="$(HERE)/matplotlib"
# One thread a process: two workers with two threads each wait for each other most of the time.
SMOKE := $(JUPYTER_ENV) DCGAN_COURSE_BUDGET=smoke OMP_NUM_THREADS=1
NBVAL := $(BIN)/python -m pytest --nbval-current-env --nbval-cell-timeout=300 -p no:cacheprovider --durations=10
# With CPU=1 torch and torchvision are PyTorch's builds for the CPU; uv knows where they lie.
ifeq ($(CPU),1)
LOCK := requirements-cpu.txt
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements-dev.txt)" && \
          $(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend cpu
else
LOCK := requirements.txt
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif
EXACT := notebooks/01_convolution_arithmetic.ipynb notebooks/02_transposed_convolution.ipynb

help:
	@sed -n '2,7p' Makefile | cut -c3-

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "This course needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 lab"; exit 1; }
	@$(PYTHON) -c 'import sys; from dcgan_course.commands.doctor import unsupported; sys.exit(unsupported() or None)'
	$(PYTHON) -m venv $(VENV)
	mkdir -p .jupyter/ipython
	touch $@

$(VENV)/.learner: $(LOCK) pyproject.toml | $(VENV)/.python
	$(INSTALL) -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.author: requirements-dev.txt $(VENV)/.learner
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

lab: $(VENV)/.learner
	$(JUPYTER_ENV) $(BIN)/python -m jupyterlab --ServerApp.root_dir=. notebooks/00_start_here.ipynb

test: test-package test-lessons

test-package: $(VENV)/.author
	$(SMOKE) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --durations=10 tests

# Lax: every cell runs without an error. Exact: the outputs are also those that are stored.
test-lessons: $(VENV)/.author
	$(SMOKE) $(NBVAL) -n $(WORKERS) --dist loadfile --nbval-lax $(filter-out $(EXACT),$(wildcard notebooks/*.ipynb)) solutions
	$(SMOKE) $(NBVAL) -n $(WORKERS) --dist loadfile --nbval $(EXACT)

site: $(VENV)/.author
	$(JUPYTER_ENV) $(BIN)/python -m authoring.site

slides: $(VENV)/.author
	$(JUPYTER_ENV) $(BIN)/python -m authoring.slides

course: $(VENV)/.author
	$(JUPYTER_ENV) $(BIN)/python -m authoring.site --run

browser: $(VENV)/.author
	$(SMOKE) $(BIN)/python -m pytest tests/browser -p no:cacheprovider --durations=10 -s

notebooks: $(VENV)/.author
	$(JUPYTER_ENV) $(BIN)/python -m authoring.notebooks

exercises: $(VENV)/.author
	$(BIN)/python -m authoring.notebooks --exercises

check: $(VENV)/.author
	RUFF_CACHE_DIR="$(HERE)/ruff" $(BIN)/ruff check .
	RUFF_CACHE_DIR="$(HERE)/ruff" $(BIN)/ruff format --check .
	$(BIN)/mypy --cache-dir "$(HERE)/mypy"
	$(BIN)/python -m authoring.wrap --check

requirements: $(VENV)/.author
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header \
	  requirements.in -o requirements.txt
	grep -Ev '^(cuda-|nvidia-|triton=)' requirements.txt > requirements-cpu.txt  # what only torch's CUDA build needs
	echo "torch ; python_version < '3'" | \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header \
	  --override - requirements-dev.in -o requirements-dev.txt  # torch is the learner's: no second list of its parts

nbgrader: $(VENV)/.author
	@test -n "$$COURSE" || { echo "Say where: make nbgrader COURSE=../my_class"; exit 2; }
	$(BIN)/python -m authoring.nbgrader "$$COURSE"  # make hands it on by itself, whatever signs are in it

recorded-runs: $(VENV)/.author
	$(BIN)/python -m recording

# Kills, damaged files, absurd command lines and restless clicks; the tests play a short part of it.
soak: $(VENV)/.author
	$(SMOKE) $(BIN)/python -m soak

benchmarks: $(VENV)/.author
	$(BIN)/python -m benchmarks.mlp_gan
	$(BIN)/python -m benchmarks.dcgan

clean:
	rm -rf build $(VENV) .jupyter .pytest_cache .ruff_cache .mypy_cache .hypothesis

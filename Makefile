# Everything that this project does, by name. `make help` says what there is.
#
#   make lab PYTHON=python3.12      another Python (3.11 or newer)

PYTHON ?= python3
# PyTorch's own index of CPU builds, asked on Linux only, and only when pip would take a CUDA build.
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := .venv/bin
READY := .venv/.ready
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest

.PHONY: help lab check lint unit training kernel notebooks browser test test-all kernels wheel
.PHONY: slow binder bench load solve adjoint results network lessons copies slides wheelhouse
.PHONY: new-lesson site figures faults lowest newest pins clean
.DEFAULT_GOAL := help
# Five suites collect the same tests: without compiled files each of them takes ten seconds longer.
unexport PYTHONDONTWRITEBYTECODE

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

$(READY): pyproject.toml constraints.txt tools/install.py
	@command -v $(PYTHON) > /dev/null || \
	  { echo "There is no $(PYTHON) here: install Python 3.11 or newer, or say which: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@TORCH_CPU_INDEX=$(TORCH_CPU_INDEX) $(PYTHON) tools/install.py
	@touch $@

lab: $(READY) ## set up, then open JupyterLab on your copy of the lessons (in work/)
	@$(BIN)/sciml-widgets open

test: lint unit training kernel notebooks browser ## every gate: at most 25 minutes on two cores

check: $(READY) ## lint and unit tests, side by side: less than 2 minutes
	@$(MAKE) --no-print-directory --jobs=2 lint unit

lint: $(READY) ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

unit: $(READY) ## unit and architecture tests, two at a time
	$(PYTEST) -n 2 -m "not training and not kernel and not browser and not slow"

training: $(READY) ## unit tests that train for seconds, two at a time
	$(PYTEST) -n 2 -m "training and not slow"

kernel: $(READY) ## tests against a real kernel, one by one
	$(PYTEST) -m "kernel and not slow"

notebooks: $(READY) ## run every lesson
	$(PYTEST) lessons --nbval-lax --nbval-current-env --nbval-cell-timeout=120 \
	  --nbval-kernel-startup-timeout=90 -n 2 --dist loadscope

browser: $(READY) ## tests in a real browser, two files at a time
	$(PYTEST) -n 2 --dist loadfile -m "browser and not slow"

test-all: test slow kernels wheel binder ## the long ones too: soak, kernel versions, wheel, memory on Binder

slow: $(READY)
	$(PYTEST) -m slow

# The kernels that are allowed, old and new, each laid over the one in .venv.
KERNELS := 6.31.0 7.1.0 7.3.0 7.4.0
LAYERS := $(KERNELS:%=build/ipykernel-%/ipykernel)

$(LAYERS): build/ipykernel-%/ipykernel: | $(READY)
	$(BIN)/pip install -q --upgrade --no-deps --target build/ipykernel-$* ipykernel==$* nest_asyncio==1.6.0

kernels: $(READY) $(LAYERS) ## tests against every kernel that is allowed, subshells on and off
	$(PYTEST) tests/test_faults_kernels.py
	for v in $(KERNELS); do PYTHONPATH=build/ipykernel-$$v $(PYTEST) -m "kernel and not slow" || exit 1; done

wheel: $(READY) ## build the wheel and try it outside of this folder
	rm -rf dist build/wheel
	$(BIN)/python -m build --wheel --no-isolation
	$(BIN)/pip install -q --no-deps --target build/wheel dist/*.whl
	cd build && PYTHONPATH=wheel ../$(BIN)/python wheel/bin/sciml-widgets list
	cd build && PYTHONPATH=wheel ../$(BIN)/python wheel/bin/sciml-widgets lessons copy wheel/copy

binder: $(READY) ## build what Binder builds, run every lesson under its limits, and write docs/binder.md
	@TORCH_CPU_INDEX=$(TORCH_CPU_INDEX) $(BIN)/python -m tools.binder

bench: $(READY) ## measure, and write benchmarks/README.md
	$(BIN)/python -m benchmarks

load: $(READY) ## train in 1 to 16 kernels at once, then five minutes in one (half an hour)
	$(BIN)/python -m benchmarks.load --soak 300

solve: $(READY) ## measure how long networks take to fixed errors (half an hour)
	$(BIN)/python -m benchmarks.solve

adjoint: $(READY) ## measure a search through a solver, beside PhiFlow if PEER=its Python is given
	$(BIN)/python -m benchmarks.adjoint $(if $(PEER),--peer $(PEER))

results: $(READY) ## run what the lessons report (minutes), and write lessons/results/
	$(BIN)/python -m benchmarks.results

network: $(READY) ## train the network of lesson 03 that comes with the package (seven minutes)
	$(ONE_THREAD) $(BIN)/python -m sciml_widgets.shipped

lessons: $(READY) ## make the notebooks of the lessons from their scripts, and execute them
	$(BIN)/python -m sciml_widgets.course.build

copies: $(READY) ## write build/student/ (no solutions) and build/instructor/ (all in sight)
	$(BIN)/python -m sciml_widgets.course.copies --to build

slides: $(READY) ## write build/slides/: the lessons as slides, whole and as five-minute cuts
	$(BIN)/python -m tools.slides

wheelhouse: $(READY) ## fetch all that an installation needs, for a room without a network
	@TORCH_CPU_INDEX=$(TORCH_CPU_INDEX) $(BIN)/python -m tools.wheelhouse

new-lesson: $(READY) ## start a lesson from the template: make new-lesson NUMBER=10 NAME=pendulum
	$(BIN)/python -m sciml_widgets.course.new $(NUMBER) $(NAME)

site: $(READY) ## the lessons and all pages as a site that needs no network: build/site
	@$(BIN)/python -c "import myst_nb, sphinx_book_theme" 2> /dev/null || \
	  $(BIN)/pip install -q --constraint constraints.txt --group site
	$(BIN)/python -m tools.site

figures: $(READY) ## film the panel in a real JupyterLab; put the reports of faults and load into docs/
	$(BIN)/python -m tools.figures

faults: $(READY) $(LAYERS) ## provoke every fault (twenty minutes), and write build/faults.md
	$(ONE_THREAD) $(BIN)/python -m tools.faults

newest: $(READY) ## the tests with the newest versions that are allowed, in build/newest/
	@$(ONE_THREAD) TORCH_CPU_INDEX=$(TORCH_CPU_INDEX) $(BIN)/python -m tools.bounds $@

lowest: $(READY) ## the tests with the lowest ones, in build/lowest/
	@$(ONE_THREAD) TORCH_CPU_INDEX=$(TORCH_CPU_INDEX) $(BIN)/python -m tools.bounds $@

pins: $(READY) ## write constraints.txt and binder/requirements.txt from .venv
	$(BIN)/python tools/pins.py

clean: ## remove everything that make made; your copy of the lessons (work/) stays
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

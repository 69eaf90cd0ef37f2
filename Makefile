# make demo: grade a small sample class; make test: all tests; make results: run every lesson; make site: the lectures.
# Everything happens in .venv and build/.

PYTHON := .venv/bin/python
LESSON := a01_shannon_ngrams
CLASS := build/demo/submitted

.PHONY: demo test test-site notebooks results site lint bubblewrap

demo: .venv/ready bubblewrap build/notebooks
	@$(PYTHON) -m tests.sample_class $(LESSON) $(CLASS)
	@$(PYTHON) -m autograder grade $(LESSON) --submissions $(CLASS) --out build/demo --time-limit 20
	@echo "Open build/demo/report.html, a feedback page in build/demo/feedback/, or build/demo/grades.csv"

test: .venv/ready .venv/ready-tests bubblewrap
	$(PYTHON) -m autograder build --check
	OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n 2 --dist loadgroup --ignore tests/test_site.py

test-site: .venv/ready .venv/ready-tests
	$(PYTHON) -m pytest tests/test_site.py

notebooks: .venv/ready
	$(PYTHON) -m autograder build

build/notebooks: .venv/ready pyproject.toml $(wildcard autograder/*.py autograder/checks/*.py solutions/*.py assignments/*.ipynb)
	@$(PYTHON) -m autograder build
	@mkdir -p build && touch $@

results: .venv/ready
	$(PYTHON) -m autograder results

site: .venv/ready .venv/ready-tests
	$(PYTHON) -m autograder site

lint: .venv/ready-tests
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

.venv/ready: requirements.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@test -x $(PYTHON) || python3 -m venv .venv
	@echo "Installing requirements.txt into .venv (6 GB with torch; minutes, once)"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/ready-tests: tests/requirements.txt .venv/ready
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

bubblewrap:
	@command -v bwrap > /dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    echo "Installing bubblewrap"; apt-get update -qq > /dev/null && apt-get install -y -qq bubblewrap > /dev/null; \
	  else echo "Grading a class safely needs bubblewrap: sudo apt-get install bubblewrap"; fi; }

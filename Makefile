# Everything one does with Brain Log on one's own machine. Each command makes what it needs first.
#
#   make run      start Brain Log on http://127.0.0.1:8000, with the process that sends reminders (PORT=8001 make run
#                 for another port, make run LAN=1 for the phones in one's own network as well)
#   make demo     add a person with months of logs to look at
#   make test     the test suite, on SQLite and on PostgreSQL (ARGS="logs -k midday" for a part)
#   make thorough the long forms of its tests: every case of a matrix, every way in which a server fails
#   make drill    lose a database on purpose, on servers of its own, and get everything back
#   make attack   anything at all to every form and every address, many more examples than make test
#   make scan     let security scanners loose on a site of its own (ARGS=wapiti for one of them)
#   make lint     what must be clean before a commit; make format cleans what it can
#   make lock     write the lock files anew after a change of requirements*.in (ARGS=--upgrade for news)

PYTHON ?= python3
PORT ?= 8000
PY := .venv/bin/python
MANAGE := $(PY) manage.py

# Where `run` listens: on this machine alone; with LAN=1 at its address in the network, which is found without
# sending anything; with LAN=192.168.1.7 at that one.
LAN ?=
FIND_ADDRESS := import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); \
	s.connect(("192.0.2.1", 9)); print(s.getsockname()[0])
ADDRESS = $(if $(LAN),$(if $(filter 1,$(LAN)),$(shell $(PY) -c '$(FIND_ADDRESS)' 2>/dev/null),$(LAN)),127.0.0.1)

.SILENT:
.NOTPARALLEL:
.PHONY: run demo test thorough attack drill scan lint format lock venv address port install install-dev install-scan migrate

# The shell becomes the web server, by exec. The process that sends reminders was started by that shell, and ends
# with it however it ends: by Ctrl-C, by kill or by an error.
WORK := $(MANAGE) work --with-parent $$$$ &

# The environment of both. The process that sends reminders answers no request that would say how the site is reached,
# so links in its messages begin with the address of the web server, unless a setting says otherwise.
SITE = SITE_URL=http://$(ADDRESS):$(PORT)
HAS_SITE := grep -qsE '^(SITE_URL|ALLOWED_HOSTS)=.' .env || test "$$SITE_URL$$ALLOWED_HOSTS"

run: venv address port install .env migrate
ifdef LAN
	echo "Phones and computers in the same network open http://$(ADDRESS):$(PORT)"
	echo "There is no https: others in that network can read passwords and answers on their way. Passkeys need https."
	export ALLOWED_HOSTS=$(ADDRESS) $(SITE); $(WORK) exec $(MANAGE) runserver $(ADDRESS):$(PORT)
else
	$(HAS_SITE) || export $(SITE); $(WORK) exec $(MANAGE) runserver $(ADDRESS):$(PORT)
endif

demo: venv install .env migrate
	$(MANAGE) demo

test: venv install-dev
	$(PY) -m testing $(ARGS)

thorough: venv install-dev
	$(PY) -m testing --thorough $(ARGS)

attack: venv install-dev
	$(PY) -m testing brainlog/tests/attack logs/tests/test_properties.py reflections/tests/test_week_input.py \
		logs/tests/test_own_answers.py logs/tests/test_own_kinds.py logs/tests/test_own_question_form.py \
		-m hypothesis --hypothesis-profile=thorough $(ARGS)

drill: venv install-dev
	$(PY) -m testing.drill

scan: venv install-dev install-scan
	$(PY) -m testing.scanning $(ARGS)

lint: venv install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m djlint templates --lint
	$(PY) -m testing.migrations

format: venv install-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

LOCK := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links $(ARGS)

lock: venv
	$(PY) -c 'import uv' 2>/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-scan.in -o requirements-scan.txt

# ── The steps ─────────────────────────────────────────────────────────────────────────────────

# An old Python must understand this too, down to 2.7.
DESCRIBE := import sys; print("Python " + sys.version.split()[0]); sys.exit(sys.version_info < (3, 11))

# The environment holds a copy of every requirements file installed in it (see below). Without any,
# making it was interrupted; if its Python does not answer, that one has left the machine.
venv:
	if ! ls .venv/requirements*.txt >/dev/null 2>&1 || ! $(PY) -c '$(DESCRIBE)' >/dev/null 2>&1; then \
		found=$$($(PYTHON) -c '$(DESCRIBE)' 2>/dev/null) || { \
			echo "Brain Log needs Python 3.11 or newer, but $(PYTHON) is $${found:-not installed}:" \
				"install a newer one, or name yours like this: make $(firstword $(MAKECMDGOALS) run) PYTHON=python3.12" >&2; \
			exit 1; }; \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
			echo "Brain Log needs Python's venv module, which $(PYTHON) came without:" \
				"on Debian and Ubuntu, apt-get install python3-venv brings it." >&2; \
			exit 1; }; \
		rm -rf .venv && $(PYTHON) -m venv .venv; \
	fi

# Before the long steps, rather than after them.
address:
	$(PY) -c 'import socket; socket.create_server(("$(ADDRESS)" or "none", 0)); \
		assert socket.gethostbyname("$(ADDRESS)") != "0.0.0.0"' 2>/dev/null || { \
		echo "$(or $(ADDRESS),LAN=1) is no address of this machine in a network:" \
			"name one like this: make run LAN=192.168.1.7" >&2; exit 1; }

port:
	$(PY) -c 'import socket; socket.create_server(("$(ADDRESS)", $(PORT)))' 2>/dev/null || { \
		echo "Port $(PORT) is in use: choose another one like this: PORT=8001 make run" >&2; exit 1; }

# The copies go first and come back last, so that nothing half installed is taken for whole.
define install
	cmp -s $(firstword $(1)) .venv/$(firstword $(1)) || { \
		echo "Installing $(firstword $(1)) ..."; \
		rm -f .venv/requirements*.txt && \
		$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(firstword $(1)) && \
		cp $(1) .venv/; }
endef

install: venv
	$(call install,requirements.txt)

# requirements-dev.txt contains everything in requirements.txt.
install-dev: venv
	$(call install,requirements-dev.txt requirements.txt)

# In an environment of their own: the scanners' exact versions of what we use are none of ours.
install-scan: venv
	cmp -s requirements-scan.txt .venv/scan/requirements-scan.txt || { \
		echo "Installing requirements-scan.txt ..."; \
		rm -rf .venv/scan && $(PY) -m venv .venv/scan && \
		.venv/scan/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
			-r requirements-scan.txt && \
		cp requirements-scan.txt .venv/scan/; }

# Written aside and moved into place: there is a whole .env or none, and never over an existing one.
.env:
	key=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') && \
	field_key=$$($(MANAGE) make_key) && \
	umask 077 && \
	sed -e "s/^SECRET_KEY=.*/SECRET_KEY=$$key/" -e "s/^FIELD_ENCRYPTION_KEYS=.*/FIELD_ENCRYPTION_KEYS=$$field_key/" \
		.env.example > .venv/env && \
	mv -n .venv/env .env

migrate:
	$(MANAGE) migrate

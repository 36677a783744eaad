import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from encryption.keys import parse_keys
from testing.postgres import free_port
from testing.waiting import wait_until

pytestmark = pytest.mark.once

PROJECT = Path(__file__).parent.parent.parent


@pytest.fixture
def make(tmp_path):
    """Run make in a folder with nothing but the Makefile and .env.example in it."""
    for name in ("Makefile", ".env.example"):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / ".venv").mkdir()

    def run(*arguments):
        # Without the environment, which has variables of the make that runs these tests.
        return subprocess.run(
            ["make", *arguments], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
        )

    return run


@pytest.fixture
def fake_python(tmp_path):
    def write(script):
        path = tmp_path / "fake-python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return f"PYTHON={path}"

    return write


def sentences(result):
    """What make printed, without its own "make: *** … Error 1"."""
    return [line for line in (result.stdout + result.stderr).splitlines() if not line.startswith("make:")]


def test_an_old_python_gets_one_sentence(make, fake_python):
    result = make("run", fake_python("echo Python 3.9.2; exit 1"))
    assert result.returncode
    [sentence] = sentences(result)
    assert re.match(r"Brain Log needs Python 3\.11 or newer, but \S+ is Python 3\.9\.2: install", sentence)


def test_a_missing_python_gets_one_sentence(make):
    result = make("run", "PYTHON=no-such-python")
    assert result.returncode
    [sentence] = sentences(result)
    assert "but no-such-python is not installed" in sentence


def test_a_python_without_venv_gets_one_sentence(make, fake_python):
    result = make("run", fake_python('case "$2" in *ensurepip*) exit 1;; *) echo Python 3.11.2;; esac'))
    assert result.returncode
    [sentence] = sentences(result)
    assert "apt-get install python3-venv" in sentence


def test_a_port_in_use_gets_one_sentence(make):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = make("port", f"PY={sys.executable}", f"PORT={port}")
    assert result.returncode
    assert sentences(result) == [f"Port {port} is in use: choose another one like this: PORT=8001 make run"]
    assert make("port", f"PY={sys.executable}", f"PORT={port}").returncode == 0


@pytest.fixture
def installed(make, tmp_path):
    """Make everything that `make run` needs, with this environment's Python and the project's manage.py."""
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv" / "requirements.txt").touch()
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        "#!/bin/sh\n"
        f"export DEBUG=True SECRET_KEY={'x1y2z3' * 10} PYTHONUNBUFFERED=1\n"
        f"export DATABASE_URL=sqlite:///{tmp_path}/db.sqlite3\n"
        f'case "$1" in manage.py) shift; echo "$1 $ALLOWED_HOSTS $SITE_URL" >> {tmp_path}/started\n'
        f'exec {sys.executable} {PROJECT}/manage.py "$@";; esac\n'
        f'exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    return tmp_path


OTHER_ADDRESS = "127.0.0.2"  # An address of this machine.


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems have one address of the loopback.")
def test_others_in_the_network_reach_it_by_its_address_alone(installed):
    port = free_port()
    command = ["make", "run", f"LAN={OTHER_ADDRESS}", f"PORT={port}"]
    environment = {"PATH": os.environ["PATH"], "ALLOWED_HOSTS": "log.example.org"}
    log = installed / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=installed, env=environment, stdout=output, stderr=output, start_new_session=True
        ) as server,
    ):
        try:
            wait_until(lambda: status_at(OTHER_ADDRESS, port), process=server)
            assert started(installed) == {
                each: f"{OTHER_ADDRESS} http://{OTHER_ADDRESS}:{port}" for each in ("work", "runserver")
            }
            assert f"open http://{OTHER_ADDRESS}:{port}\nThere is no https" in log.read_text()
            assert status_at(OTHER_ADDRESS, port) == 200
            assert status_at(OTHER_ADDRESS, port, host="evil.example") == 400
            assert status_at("127.0.0.1", port) is None
            # Cookies and forms work without https.
            token = cookie_of(OTHER_ADDRESS, port)
            headers = {"Cookie": f"csrftoken={token}", "X-CSRFToken": token}
            headers |= {"Origin": f"http://{OTHER_ADDRESS}:{port}"}
            assert status_at(OTHER_ADDRESS, port, "POST", headers) == 200
            assert status_at(OTHER_ADDRESS, port, "POST", headers | {"Origin": "http://evil.example"}) == 403
        finally:
            os.killpg(server.pid, signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_the_process_that_sends_reminders_starts_and_ends_with_the_server(installed, number):
    """Ctrl-C reaches all of them, kill the web server alone."""
    port, log = free_port(), installed / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            cwd=installed,
            env={"PATH": os.environ["PATH"]},
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as make,
    ):
        try:
            wait_until(lambda: "The background process runs" in log.read_text(), log.read_text, process=make)
            wait_until(lambda: status_at("127.0.0.1", port), process=make)
            assert started(installed) == {each: f" http://127.0.0.1:{port}" for each in ("work", "runserver")}
            [worker] = [each for each in processes_of_group(make.pid) if "manage.py work" in each[1]]
            server = int(re.search(r"--with-parent (\d+)", worker[1])[1])
            os.killpg(make.pid, number) if number == signal.SIGINT else os.kill(server, number)
            wait_until(lambda: not [each for each in processes_of_group(make.pid) if "manage.py work" in each[1]])
        finally:
            with suppress(ProcessLookupError):
                os.killpg(make.pid, signal.SIGKILL)


def started(folder) -> dict[str, str]:
    """The hosts and the origin of links in the environment of each of the processes."""
    lines = [line.split(" ", 1) for line in (folder / "started").read_text().splitlines()]
    return {command: environment for command, environment in lines if command in ("work", "runserver")}


@pytest.mark.parametrize("where", [".env", "environment"])
@pytest.mark.parametrize("name", ["SITE_URL", "ALLOWED_HOSTS"])
def test_links_are_those_of_the_operator_if_there_is_a_setting(installed, name, where):
    setting, environment = {name: "log.example.org"}, {"PATH": os.environ["PATH"]}
    if name == "SITE_URL":
        setting = {name: "https://log.example.org"}
    if where == ".env":
        (installed / ".env").write_text(f"{name}={setting[name]}\n")
    else:
        environment |= setting
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:  # The server ends at once, and the worker with it.
        run = ["make", "run", "--assume-old=port", f"PORT={taken.getsockname()[1]}"]
        subprocess.run(run, cwd=installed, env=environment, capture_output=True)

    # A file .env is read by the settings, not by make.
    expected = " ".join(environment.get(each, "") for each in ("ALLOWED_HOSTS", "SITE_URL"))
    assert started(installed) == {"work": expected, "runserver": expected}


def processes_of_group(group: int) -> list[tuple[int, str]]:
    """The processes of a group that run, and their commands."""
    table = subprocess.run(["ps", "axww", "-o", "pid=,pgid=,stat=,command="], capture_output=True, text=True).stdout
    rows = [line.split(maxsplit=3) for line in table.splitlines()]
    return [(int(pid), command) for pid, pgid, state, command in rows if int(pgid) == group and state[0] != "Z"]


def status_at(address, port, method="GET", headers=None, host=None):
    with closing(http.client.HTTPConnection(address, port, timeout=30)) as connection:
        try:
            connection.request(method, "/accounts/login/", headers=(headers or {}) | ({"Host": host} if host else {}))
        except ConnectionRefusedError:
            return None
        return connection.getresponse().status


def cookie_of(address, port):
    with closing(http.client.HTTPConnection(address, port, timeout=30)) as connection:
        connection.request("GET", "/accounts/login/")
        return re.match("csrftoken=(\\w+)", connection.getresponse().headers["Set-Cookie"])[1]


@pytest.mark.parametrize("address", ["192.0.2.1", "0.0.0.0"])  # noqa: S104 (it is refused)
def test_an_address_that_phones_cannot_open_gets_one_sentence(make, address):
    result = make("address", f"PY={sys.executable}", f"LAN={address}")
    assert result.returncode
    assert sentences(result) == [
        f"{address} is no address of this machine in a network: name one like this: make run LAN=192.168.1.7"
    ]


def test_the_address_is_found_or_there_is_one_sentence(make):
    result = make("address", f"PY={sys.executable}", "LAN=1")
    assert len(sentences(result)) == bool(result.returncode)


def test_env_gets_a_key_of_its_own_and_is_private(make, tmp_path):
    keys = set()
    for _ in range(2):
        manage = f"MANAGE={sys.executable} {PROJECT}/manage.py"
        assert sentences(make(".env", f"PY={sys.executable}", manage)) == []
        path = tmp_path / ".env"
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text()
        [key] = re.findall(r"^SECRET_KEY=(\S{60,})$", text, re.MULTILINE)
        [field_key] = re.findall(r"^FIELD_ENCRYPTION_KEYS=(\S+)$", text, re.MULTILINE)
        assert len(parse_keys(field_key)[0]) == 1
        assert text.replace(field_key, "").replace(key, "") == (PROJECT / ".env.example").read_text()
        keys |= {key, field_key}
        path.unlink()
    assert len(keys) == 4


def test_env_is_never_overwritten(make, tmp_path):
    (tmp_path / ".env").write_text("mine")
    make(".env", f"PY={sys.executable}")
    assert (tmp_path / ".env").read_text() == "mine"


def test_env_example_explains_every_variable():
    settings = "".join((PROJECT / "brainlog" / f"{name}.py").read_text() for name in ("settings", "login_providers"))
    database = (PROJECT / "brainlog" / "database" / "urls.py").read_text()
    used = set(re.findall(r'env\.\w+\(\s*"(\w+)"', settings))
    for together in re.findall(r"env\.all_or_none\((.*?)\)", settings):
        used |= set(re.findall(r'(?<!f)"(\w+)"', together))
    used |= set(re.findall(r'"\w+": "(\w*DATABASE_URL)"', database))
    assert len(used) > 10
    explained = re.findall(r"^# .+\n#?(\w+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(used)

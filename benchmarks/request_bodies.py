"""Time and memory that the server needs to read or refuse large request bodies.

    .venv/bin/python -m benchmarks.request_bodies

Starts gunicorn with one worker on a temporary database, and sends each body once with a valid CSRF token. Prints the
status, the seconds until the response, and the growth of the worker's peak resident memory.
"""

import http.client
import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from testing.gunicorn import manage, throwaway_site

MEGABYTE = 1024 * 1024
JSON = b"credential=[" + b",".join([b'{"":{}}'] * (2 * MEGABYTE)) + b"]"
BOUNDARY = b"----x"


def bodies():
    """Yield (title, path, content type, body without the CSRF token)."""
    urlencoded = "application/x-www-form-urlencoded"
    for size in (60_000, 2 * MEGABYTE, 16 * MEGABYTE - 1000):
        kilobytes = f"{size // 1024} kB"
        yield f"{kilobytes} of JSON", "/accounts/login/passkey/", urlencoded, JSON[: size - 1] + b"]"
        yield f"{kilobytes} of %22", "/accounts/login/", urlencoded, b"username=" + b"%22" * (size // 3)
        yield f"{kilobytes} of &", "/accounts/login/", urlencoded, b"&" * size
        yield f"{kilobytes} in one part", "/accounts/login/", multipart(), part(b"username", b"x" * (size - 500))
        yield f"{kilobytes} of parts", "/accounts/login/", multipart(), part(b"a", b"b") * (size // 60)
        accents = "a" + "\u0301\u0323" * (size // 4 - 200)
        yield f"{kilobytes} of accents", "/accounts/login/", multipart(), part(b"username", accents.encode())


def multipart() -> str:
    return f"multipart/form-data; boundary={BOUNDARY.decode()}"


def part(name: bytes, value: bytes) -> bytes:
    return b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"


def with_token(content_type: str, body: bytes, token: str) -> bytes:
    if content_type == multipart():
        password = part(b"password", b"irrelevant")
        return part(b"csrfmiddlewaretoken", token.encode()) + password + body + b"--" + BOUNDARY + b"--\r\n"
    return f"csrfmiddlewaretoken={token}&password=irrelevant&".encode() + body


def send(host: str, path: str, content_type: str, body: bytes) -> tuple[str, float]:
    """Return the status, and the seconds from sending the first byte until the response was read."""
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.request("GET", "/accounts/login/")
    page = connection.getresponse()
    cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[1]
    connection.close()
    body = with_token(content_type, body, token)
    connection = http.client.HTTPConnection(host, timeout=120)
    start = time.perf_counter()
    try:
        connection.request("POST", path, body, {"Cookie": cookie, "Content-Type": content_type})
        response = connection.getresponse()
        response.read()
        status = str(response.status)
    except OSError as error:
        status = type(error).__name__
    finally:
        connection.close()
    return status, time.perf_counter() - start


def peak_memory(worker: int) -> int:
    """Peak resident memory in kilobytes since the last call of `reset_peak_memory`."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())[1])


def reset_peak_memory(worker: int):
    Path(f"/proc/{worker}/clear_refs").write_text("5")


def main():
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/db.sqlite3"
        manage(database, "migrate", "--verbosity=0").check_returncode()
        for title, path, content_type, body in bodies():
            # A new server for each body: a process does not return all freed memory to the system.
            with throwaway_site(database, workers=1) as site:
                host = urlsplit(site.url).netloc
                # The first request compiles templates.
                send(host, "/accounts/login/", "application/x-www-form-urlencoded", b"")
                children = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split()
                worker = int(children[0])
                reset_peak_memory(worker)
                before = peak_memory(worker)
                status, seconds = send(host, path, content_type, body)
                grown = (peak_memory(worker) - before) / 1024
            print(f"{title:24} {path:26} {status:>18} {seconds:8.2f} s {grown:8.1f} MB")


if __name__ == "__main__":
    main()

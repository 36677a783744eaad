"""The probes for monitors."""

import pytest
from django.db import connection, connections

from operations.probes import ProbesMiddleware, Readiness
from testing.gunicorn import manage
from testing.migrated import migrate
from testing.postgres import throwaway_cluster

PROBES = ["/healthz", "/readyz"]


def test_healthz_needs_no_database(client):
    """Without the `db` fixture, a query would be an error."""
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_readyz_uses_one_query_over_a_new_connection(client, db):
    # The request's own connection stays unused: it may come from a pool that is exhausted.
    with connection.execute_wrapper(lambda *args: pytest.fail("The request's own connection was used.")):
        response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_readyz_without_a_database(client, db, monkeypatch, tmp_path, caplog):
    nowhere = {"HOST": "127.0.0.1", "PORT": 1, "NAME": tmp_path / "nowhere" / "password-of-the-server"}
    with monkeypatch.context() as broken:
        for name, value in nowhere.items():
            broken.setitem(connections["default"].settings_dict, name, value)
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "reason": "database"}
    assert "password-of-the-server" not in caplog.text
    assert client.get("/readyz").status_code == 200


@pytest.fixture
def revoke(db):
    """A function that runs SQL as the owner of the database, and returns the response of /readyz for the web role."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles.")

    with throwaway_cluster() as cluster:
        migrate(cluster.url)
        assert manage(cluster.url, "create_app_role", "web", "--apply").returncode == 0
        cluster.execute("ALTER ROLE web PASSWORD 'web'")
        place = {"HOST": "127.0.0.1", "PORT": cluster.port, "NAME": "postgres", "USER": "web", "PASSWORD": "web"}

        def after(sql):
            cluster.execute(sql)
            with pytest.MonkeyPatch.context() as patch:
                for name, value in place.items():
                    patch.setitem(connections["default"].settings_dict, name, value)
                return Readiness().reason_not_ready()

        yield after


def test_readyz_reports_a_missing_privilege(revoke):
    assert revoke("SELECT 1") is None
    assert revoke("REVOKE INSERT, UPDATE ON logs_dailylog FROM web") == "privileges"
    assert revoke("GRANT INSERT, UPDATE ON logs_dailylog TO web; REVOKE DELETE ON auth_group FROM web") is None
    assert revoke("REVOKE ALL ON django_migrations FROM web") == "privileges"
    assert revoke("GRANT SELECT ON django_migrations TO web; REVOKE USAGE ON SCHEMA public FROM web, PUBLIC") == (
        "privileges"
    )
    assert revoke("GRANT USAGE ON SCHEMA public TO web; DELETE FROM django_migrations WHERE app = 'logs'") == (
        "migrations"
    )
    assert revoke("DROP TABLE django_migrations") == "migrations"


def test_readyz_tries_again_after_a_thread_could_not_start(client, db, monkeypatch):
    """Otherwise a check without a thread would never complete."""

    def fail(thread):
        raise RuntimeError("can't start new thread")

    probes = ProbesMiddleware(lambda request: None)
    with monkeypatch.context() as full, pytest.raises(RuntimeError):
        full.setattr("threading.Thread.start", fail)
        probes.readiness.reason_not_ready()

    assert probes.readiness.reason_not_ready() is None


@pytest.mark.parametrize("address", PROBES)
def test_probes_need_no_host_session_or_tls(client, db, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    client.cookies["sessionid"] = "a-session"

    response = client.get(address, headers={"host": "10.0.0.7:8000"})

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response


@pytest.mark.parametrize("address", PROBES)
def test_head_has_no_body(rf, db, address):
    """Django's test client would remove the body itself."""
    response = ProbesMiddleware(None)(rf.head(address))

    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.matrix
@pytest.mark.parametrize("address", PROBES)
@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_other_methods_are_405(client, address, method):
    response = getattr(client, method)(address)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("address", ["/healthz/", "/readyz/more", "/HEALTHZ"])
def test_other_urls_are_no_probes(client, db, address):
    assert client.get(address).status_code == 404

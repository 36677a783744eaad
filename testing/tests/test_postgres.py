import psycopg
import pytest

from testing.postgres import throwaway_cluster

pytestmark = pytest.mark.once


def test_a_cluster_answers_with_its_password_alone():
    with throwaway_cluster() as cluster:
        for more in ({}, {"host": str(cluster.folder)}):
            with psycopg.connect(cluster.url, **more) as connection:
                assert connection.execute("select current_user").fetchone() == ("brainlog",)
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(cluster.url, **more | {"password": "wrong"})


def test_nothing_is_left_of_a_cluster_even_after_ctrl_c():
    with pytest.raises(KeyboardInterrupt), throwaway_cluster() as cluster:
        raise KeyboardInterrupt
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(cluster.url)
    assert not cluster.folder.exists()

"""What running the tests needs: `python -m testing` runs all of them on both databases."""

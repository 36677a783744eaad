"""numpy with one thread. All modules of findings import it from here, and no module that other pages import does.

OpenBLAS starts a thread for each core when numpy is imported. The arrays here are small, so that threads of several
processes wait for each other: ten years of answers took 18 s with two threads, and less than one with one.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402 (the number of threads is read when numpy is imported)

__all__ = ["np"]

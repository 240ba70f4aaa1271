"""One thread for matrix products: how a sum is split decides how it is rounded."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def use_one_blas_thread() -> None:
    """Keep the BLAS of this process to one thread from now on.

    The same seed then gives the same bytes on every machine of one kind of CPU, however many
    cores it has; and workers that draw side by side do not compete for them.
    """
    threadpool_limits(limits=1, user_api="blas")

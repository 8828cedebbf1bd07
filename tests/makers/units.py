"""Work for a pool of processes: what may become of it."""

import os
import signal
import time

from analyzer.errors import UnreadableInput


def twice(number: int) -> int:
    return 2 * number


def killed_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return 2 * number


def hanging_at_three(number: int) -> int:
    while number == 3:
        time.sleep(60)
    return 2 * number


def broken_at_three(number: int) -> int:
    if number == 3:
        raise ZeroDivisionError("secret detail")
    return 2 * number


def refused_at_three(number: int) -> int:
    if number == 3:
        raise UnreadableInput("three: cannot be read")
    return 2 * number

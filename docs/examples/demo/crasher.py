"""A program with a bug: it works for some seconds, then ends with a traceback."""

import random
import threading


def main() -> None:
    """Live for 5 to 20 s, then fail."""
    life_s = random.uniform(5.0, 20.0)
    print(f"crasher: all is well, for the next {life_s:.0f} s at least")
    threading.Event().wait(life_s)
    raise RuntimeError("the bug that was never found")


if __name__ == "__main__":
    main()

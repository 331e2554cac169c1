"""A worker that says what it did, until it is told to stop."""

import signal
import sys
import threading


def main() -> None:
    """Log one line every two seconds; SIGTERM ends the work in hand first."""
    number = sys.argv[1]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signum, _frame: stop.set())
    done_count = 0
    print(f"worker {number}: ready")
    while not stop.wait(timeout=2.0):
        done_count += 1
        print(f"worker {number}: {done_count} jobs done")
    print(f"worker {number}: told to stop, goodbye")


if __name__ == "__main__":
    main()

"""Pipes of children, with real descriptors: output to its end, input up to its limit."""

import fcntl
import os
from collections.abc import Callable, Iterator

import pytest

from supervisor.daemon.channels import (
    FULL_BYTES,
    MUCH_BYTES,
    PIPE_BYTES,
    READ_BYTES_MAX,
    STDIN_BYTES_MAX,
    WIDE_PIPES_MAX,
    InputChannel,
    Outlet,
    OutputChannel,
    ReadBuffer,
)
from supervisor.daemon.conversation import (
    ANSWER_BYTES,
    ANSWER_BYTES_MAX,
    ANSWERS_PER_TURN_MAX,
    LOOKS_SKIPPED_COUNT,
    ConversationChannel,
)
from supervisor.daemon.outlets import Hearing, Sinks
from supervisor.errors import Fault, RequestRefused
from supervisor.host.pipes import pending_bytes
from supervisor.host.poller import SystemPoller

TURNS_MAX = 10_000


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


class Bench:
    """A poller whose callbacks must not fail, and one output channel on a pipe."""

    def __init__(self) -> None:
        self.poller = SystemPoller(self._fail)
        self.failures: list[Exception] = []
        self.reports: list[str] = []
        self.output = bytearray()
        self.pieces: list[int] = []
        self.ended: list[int] = []
        self._fds: list[tuple[int, int]] = []
        """What was opened, and the inode that it is."""

    def _fail(self, fd: int, error: Exception) -> None:
        self.failures.append(error)
        self.poller.forget(fd)

    def pipe(self) -> tuple[int, int]:
        fds = os.pipe()
        for fd in fds:
            os.set_blocking(fd, False)
        self._fds += [(fd, os.fstat(fd).st_ino) for fd in fds]
        return fds

    def take(self, data: bytes | memoryview) -> None:
        self.output += data
        self.pieces.append(len(data))

    def channel(self, outlet: Outlet | None = None) -> tuple[OutputChannel, int]:
        """A channel, and the end that the child writes to."""
        reader, writer = self.pipe()
        channel = OutputChannel(
            reader,
            self.poller,
            ReadBuffer(),
            outlet or Sinks([self.take], (), self.reports.append),
            self.ended.append,
        )
        channel.begin()
        return channel, writer

    def input(self) -> tuple[InputChannel, int]:
        """A channel, and the end that the child reads from."""
        reader, writer = self.pipe()
        return InputChannel(writer, self.poller), reader

    def turn_until(self, condition: Callable[[], bool]) -> None:
        for _ in range(TURNS_MAX):
            if condition():
                return
            self.poller.turn(0.1)
        raise AssertionError("it never happened")

    def close(self) -> None:
        assert self.failures == []
        self.poller.close()
        for fd, file in self._fds:
            # The number may be another file's by now, which is not ours to close.
            if is_open(fd) and os.fstat(fd).st_ino == file:
                os.close(fd)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def drain(fd: int) -> bytes:
    """Everything that can be read at once."""
    pieces = []
    while True:
        try:
            piece = os.read(fd, 1 << 20)
        except BlockingIOError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)


class TestOutput:
    def test_one_turn_takes_at_most_one_buffer(self, bench: Bench) -> None:
        """A flood of one child never delays the others."""
        _, writer = bench.channel()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1 << 20)
        written = os.write(writer, bytes(1 << 20))
        bench.poller.turn(1.0)
        assert bench.pieces == [PIPE_BYTES]
        bench.turn_until(lambda: len(bench.output) == written)

    def test_end_of_output_closes_the_pipe_once(self, bench: Bench) -> None:
        channel, writer = bench.channel()
        reader = channel.fd
        os.write(writer, b"last words")
        os.close(writer)
        bench.turn_until(lambda: bool(bench.ended))
        assert bytes(bench.output) == b"last words"
        assert (bench.ended, channel.fd, is_open(reader)) == ([reader], -1, False)
        channel.finish()
        assert bench.ended == [reader]

    def test_finish_reads_what_the_child_left(self, bench: Bench) -> None:
        channel, writer = bench.channel()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1 << 20)
        left = os.write(writer, os.urandom(3 * READ_BYTES_MAX + 17))
        channel.finish()
        assert len(bench.output) == left
        assert len(bench.ended) == 1

    def test_finish_reads_all_packets_that_the_child_left(self, bench: Bench) -> None:
        """A read of a pipe in packet mode, which the child can choose, ends with each packet."""
        channel, writer = bench.channel()
        fcntl.fcntl(writer, fcntl.F_SETFL, fcntl.fcntl(writer, fcntl.F_GETFL) | os.O_DIRECT)
        for packet in (b"one ", b"two ", b"three"):
            os.write(writer, packet)
        channel.finish()
        assert bytes(bench.output) == b"one two three"

    def test_finish_does_not_wait_for_a_grandchild_that_holds_the_pipe(self, bench: Bench) -> None:
        channel, writer = bench.channel()
        os.write(writer, b"of the child")
        channel.finish()
        assert bytes(bench.output) == b"of the child"
        assert channel.fd == -1
        with pytest.raises(BrokenPipeError):
            os.write(writer, b"of the grandchild")

    def test_finish_ends_although_a_grandchild_floods_the_pipe(self, bench: Bench) -> None:
        """Only that much is read as there was when the child was found dead."""
        flooded = 0

        def flood(data: bytes | memoryview) -> None:
            nonlocal flooded
            bench.take(data)
            flooded += os.write(writer, bytes(len(data)))

        channel, writer = bench.channel(Sinks([flood], (), bench.reports.append))
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1 << 20)
        left = os.write(writer, bytes(1 << 20))
        channel.finish()
        assert flooded >= left
        assert left <= len(bench.output) < left + READ_BYTES_MAX

    def test_finish_of_silent_output_reads_nothing(self, bench: Bench) -> None:
        channel, _ = bench.channel()
        channel.finish()
        assert (bench.pieces, len(bench.ended)) == ([], 1)


class PlainOutlet:
    """A log file that only counts."""

    is_plain = True

    def __init__(self) -> None:
        self.pieces: list[int] = []

    def give(self, data: bytes | memoryview) -> None:
        self.pieces.append(len(data))

    def close(self) -> None:
        """Nothing is kept back."""


def capacity(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)


class Calm:
    """Watches like the poller of the bench, and never lets anybody rest."""

    def __init__(self, bench: Bench) -> None:
        self.watch = bench.poller.watch
        self.forget = bench.poller.forget
        self.news: list[int] = []
        self.hurries_count = 0
        self.on_rested: Callable[[], None]

    def had_news(self, fd: int, on_news: Callable[[], None], on_rested: Callable[[], None]) -> None:
        self.news.append(fd)
        self.on_rested = on_rested

    def hurry(self) -> None:
        self.hurries_count += 1


class Plain:
    """A channel to a log file."""

    def __init__(self, bench: Bench) -> None:
        self.outlet = PlainOutlet()
        self.calm = Calm(bench)
        self.buffer = ReadBuffer()
        self.buffer.calm = self.calm
        self.reader, self.writer = bench.pipe()
        self.channel = OutputChannel.of_program(
            self.reader, bench.poller, self.buffer, self.outlet, bench.ended.append
        )
        self.channel.begin()


class TestFlood:
    def test_pipe_that_is_full_is_made_wide_and_emptied_in_one_turn(self, bench: Bench) -> None:
        """Who floods its log and who writes it wait less often for each other."""
        plain = Plain(bench)
        outlet, writer = plain.outlet, plain.writer
        os.write(writer, bytes(PIPE_BYTES))
        bench.poller.turn(1.0)
        assert capacity(writer) == READ_BYTES_MAX
        assert os.write(writer, bytes(1 << 20)) == READ_BYTES_MAX
        bench.poller.turn(1.0)
        assert outlet.pieces == [PIPE_BYTES, READ_BYTES_MAX]

    def test_wide_pipe_takes_no_more_than_it_holds_in_a_turn(self, bench: Bench) -> None:
        """A flood of one child never delays the others."""
        plain = Plain(bench)
        outlet, writer = plain.outlet, plain.writer
        os.write(writer, bytes(PIPE_BYTES))
        bench.poller.turn(1.0)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.write(writer, bytes(1 << 20))
        bench.poller.turn(1.0)
        assert outlet.pieces == [PIPE_BYTES, READ_BYTES_MAX]

    def test_pipe_of_a_modest_child_stays_as_it_is(self, bench: Bench) -> None:
        writer = Plain(bench).writer
        os.write(writer, bytes(FULL_BYTES - 1))
        bench.poller.turn(1.0)
        assert capacity(writer) == PIPE_BYTES

    def test_pipe_stays_as_it_is_if_somebody_looks_at_the_pieces(self, bench: Bench) -> None:
        """Events are never longer than what a pipe of the system holds."""
        _, writer = bench.channel()
        os.write(writer, bytes(PIPE_BYTES))
        bench.poller.turn(1.0)
        assert capacity(writer) == PIPE_BYTES

    def test_news_are_told_as_long_as_they_are_not_much(self, bench: Bench) -> None:
        """Children that print much are in a hurry: nobody rests then."""
        plain = Plain(bench)
        for size in (1, MUCH_BYTES - 1, MUCH_BYTES):
            os.write(plain.writer, bytes(size))
            bench.poller.turn(1.0)
        assert (plain.calm.news, plain.calm.hurries_count) == ([plain.reader] * 2, 1)

    def test_little_is_much_for_a_pipe_that_holds_little(self, bench: Bench) -> None:
        """After a thousand pipes of one user new ones hold 8 KiB: full within the first rest."""
        plain = Plain(bench)
        held_bytes = fcntl.fcntl(plain.writer, fcntl.F_SETPIPE_SZ, 8192)
        os.write(plain.writer, b"x")
        bench.poller.turn(1.0)
        for size, hurries_count in ((held_bytes // 4 - 1, 0), (held_bytes, 1)):
            os.write(plain.writer, bytes(size))
            plain.calm.on_rested()
            assert plain.calm.hurries_count == hurries_count

    def test_resting_child_of_a_usual_pipe_may_print_some_lines(self, bench: Bench) -> None:
        plain = Plain(bench)
        os.write(plain.writer, b"x")
        bench.poller.turn(1.0)
        for size, hurries_count in ((MUCH_BYTES - 1, 0), (MUCH_BYTES, 1)):
            os.write(plain.writer, bytes(size))
            plain.calm.on_rested()
            assert plain.calm.hurries_count == hurries_count

    def test_end_of_a_child_is_no_news(self, bench: Bench) -> None:
        plain = Plain(bench)
        os.close(plain.writer)
        bench.turn_until(lambda: bool(bench.ended))
        assert plain.calm.news == []

    def test_only_so_many_pipes_are_wide_until_one_is_closed(self, bench: Bench) -> None:
        """What the pipes of one user hold is limited, and new children need some of it."""
        buffer = ReadBuffer()
        readers = [bench.pipe()[0] for _ in range(WIDE_PIPES_MAX + 1)]
        for reader in readers:
            buffer.widen(reader)
        assert [capacity(reader) for reader in readers] == [
            *[READ_BYTES_MAX] * WIDE_PIPES_MAX,
            PIPE_BYTES,
        ]
        buffer.release(readers[0])
        buffer.widen(readers[-1])
        assert capacity(readers[-1]) == READ_BYTES_MAX


class Listener:
    """Answers whatever it is told before the daemon goes on, as on a machine with one processor."""

    def __init__(self, bench: Bench, answer: bytes = b"RESULT 2\nOKREADY\n") -> None:
        self.bench = bench
        self.answer = answer
        reader, self.writer = bench.pipe()
        self.answers_left = 0
        self.heard: list[bytes] = []
        hearing = Hearing(self._hear, bench.take, None, lambda write: False, bench.reports.append)
        self.channel = ConversationChannel(
            reader, bench.poller, ReadBuffer(), hearing, bench.ended.append
        )
        self.channel.begin()

    def _hear(self, data: bytes | memoryview) -> None:
        self.heard.append(bytes(data))
        if self.answers_left:
            self.answers_left -= 1
            os.write(self.writer, self.answer)

    def speak(self, answers_left: int) -> None:
        self.answers_left = answers_left
        os.write(self.writer, self.answer)
        self.bench.poller.turn(0.1)


class TestConversation:
    def test_answers_that_are_there_at_once_are_taken_in_the_same_turn(self, bench: Bench) -> None:
        """And the log gets them together."""
        listener = Listener(bench)
        listener.speak(answers_left=4)
        assert listener.heard == [listener.answer] * 5
        assert (bytes(bench.output), bench.pieces) == (listener.answer * 5, [85])

    def test_answers_of_one_turn_are_limited(self, bench: Bench) -> None:
        """A listener that never pauses has its turns like everybody."""
        listener = Listener(bench)
        listener.speak(answers_left=ANSWERS_PER_TURN_MAX + 3)
        assert len(listener.heard) == ANSWERS_PER_TURN_MAX
        bench.poller.turn(0.1)
        assert len(listener.heard) == ANSWERS_PER_TURN_MAX + 4

    @pytest.mark.parametrize(("size", "count"), [(ANSWER_BYTES_MAX, 2), (ANSWER_BYTES_MAX + 1, 1)])
    def test_flood_ends_the_turn(self, bench: Bench, size: int, count: int) -> None:
        listener = Listener(bench, b"x" * size)
        listener.speak(answers_left=1)
        assert len(listener.heard) == count

    @pytest.mark.parametrize("extra", [-1, 0, 1])
    def test_long_answer_is_heard_in_one_piece(self, bench: Bench, extra: int) -> None:
        """However it is read."""
        listener = Listener(bench, b"x" * (ANSWER_BYTES + extra))
        listener.speak(answers_left=0)
        assert listener.heard == [listener.answer]

    def test_end_behind_a_long_answer_is_seen(self, bench: Bench) -> None:
        listener = Listener(bench, b"x" * ANSWER_BYTES)
        os.write(listener.writer, listener.answer)
        os.close(listener.writer)
        bench.poller.turn(0.1)
        bench.poller.turn(0.0)
        assert (listener.heard, len(bench.ended)) == ([listener.answer], 1)

    def test_look_in_vain_is_not_repeated_for_some_turns(self, bench: Bench) -> None:
        """Where the listener runs on another processor it cannot have answered yet."""
        listener = Listener(bench)
        listener.speak(answers_left=0)
        for _ in range(LOOKS_SKIPPED_COUNT - 2):
            listener.speak(answers_left=0)
        listener.heard.clear()
        listener.speak(answers_left=1)
        assert len(listener.heard) == 1, "the second answer waits for its turn"
        bench.poller.turn(0.1)
        listener.heard.clear()
        listener.speak(answers_left=1)
        assert len(listener.heard) == 2

    def test_child_that_is_ended_by_what_it_said_ends_the_turn(self, bench: Bench) -> None:
        """With all that it said in its log, in order."""
        listener = Listener(bench)
        said = [b"first", b"second"]

        def hear(data: bytes | memoryview) -> None:
            if said:
                os.write(listener.writer, said.pop(0))
            else:
                os.close(listener.writer)
                listener.channel.finish()

        hearing = Hearing(hear, bench.take, None, lambda write: False, bench.reports.append)
        channel = ConversationChannel(
            listener.channel.fd, bench.poller, ReadBuffer(), hearing, bench.ended.append
        )
        bench.poller.forget(listener.channel.fd)
        listener.channel = channel
        channel.begin()
        os.write(listener.writer, b"begin ")
        bench.poller.turn(0.1)
        assert bytes(bench.output) == b"begin firstsecond"
        assert len(bench.ended) == 1


class TestInput:
    def test_input_is_written_at_once(self, bench: Bench) -> None:
        channel, reader = bench.input()
        channel.send(b"hello\n")
        assert os.read(reader, 100) == b"hello\n"

    def test_l11_full_pipe_is_no_error_and_the_rest_follows(self, bench: Bench) -> None:
        """A full stdin pipe: just buffer."""
        channel, reader = bench.input()
        data = os.urandom(1 << 20)
        channel.send(data[: 1 << 19])
        channel.send(data[1 << 19 :])
        taken = bytearray()

        def all_taken() -> bool:
            taken.extend(drain(reader))
            return len(taken) == len(data)

        bench.turn_until(all_taken)
        assert bytes(taken) == data

    def test_channel_with_nothing_to_write_is_not_watched(self, bench: Bench) -> None:
        """An idle daemon makes no wake-ups: a pipe that has room is always ready."""
        channel, reader = bench.input()
        data = bytes(1 << 18)
        channel.send(data)
        taken = 0

        def all_taken() -> bool:
            nonlocal taken
            taken += len(drain(reader))
            return taken == len(data)

        bench.turn_until(all_taken)
        bench.poller.turn(0.0)
        assert bench.poller.turn(0.0) == 0

    def test_as_much_is_kept_as_the_limit_says(self, bench: Bench) -> None:
        channel, _ = bench.input()
        channel.send(b"x" * STDIN_BYTES_MAX)
        channel.close()

    def test_one_byte_beyond_the_limit_is_refused_and_nothing_of_it_kept(
        self, bench: Bench
    ) -> None:
        channel, reader = bench.input()
        with pytest.raises(RequestRefused) as caught:
            channel.send(b"x" * (STDIN_BYTES_MAX + 1))
        assert caught.value.fault == Fault.FAILED
        assert str(STDIN_BYTES_MAX) in caught.value.text
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
        channel.send(b"next")
        assert os.read(reader, 100) == b"next"

    def test_limit_counts_what_the_child_has_not_read(self, bench: Bench) -> None:
        channel, reader = bench.input()
        channel.send(b"x" * STDIN_BYTES_MAX)
        in_pipe = pending_bytes(reader)
        channel.send(b"y" * in_pipe)
        with pytest.raises(RequestRefused, match="has not read"):
            channel.send(b"z")

    def test_child_that_closed_its_stdin_is_no_file(self, bench: Bench) -> None:
        channel, reader = bench.input()
        os.close(reader)
        for _ in range(2):
            with pytest.raises(RequestRefused) as caught:
                channel.send(b"hello")
            assert caught.value.text == "NO_FILE"

    def test_child_that_closes_its_stdin_while_input_waits_drops_it(self, bench: Bench) -> None:
        channel, reader = bench.input()
        channel.send(bytes(1 << 20))
        os.close(reader)
        bench.turn_until(lambda: channel.fd < 0)
        with pytest.raises(RequestRefused, match="NO_FILE"):
            channel.send(b"hello")

    def test_loss_is_told_if_it_shows_later(self, bench: Bench) -> None:
        """Once; whoever is refused at once knows it already, and who is done has lost nothing."""
        told: list[str] = []
        reader, writer = bench.pipe()
        channel = InputChannel(
            writer, bench.poller, lambda taken: told.append("taken" if taken else "lost")
        )
        channel.send(bytes(1 << 20))
        os.close(reader)
        bench.turn_until(lambda: channel.fd < 0)
        with pytest.raises(RequestRefused, match="NO_FILE"):
            channel.send(b"hello")
        assert told == ["lost"]

    def test_rest_that_is_taken_is_told(self, bench: Bench) -> None:
        """Once, when the child has read it all; not of what the pipe took at once."""
        told: list[bool] = []
        reader, writer = bench.pipe()
        channel = InputChannel(writer, bench.poller, told.append)
        assert channel.send(b"hello")
        assert not channel.send(bytes(1 << 18))
        assert not channel.send(b"behind it")
        assert told == []

        def is_told() -> bool:
            drain(reader)
            return bool(told)

        bench.turn_until(is_told)
        assert told == [True]
        assert channel.send(b"hello")

    def test_closing_twice_is_harmless(self, bench: Bench) -> None:
        channel, reader = bench.input()
        channel.send(bytes(1 << 20))
        channel.close()
        channel.close()
        drain(reader)
        assert os.read(reader, 1) == b""

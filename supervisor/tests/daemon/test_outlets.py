"""Outlets: every sink gets every piece, filters see all, one bad sink harms no other."""

from supervisor.daemon.outlets import Sinks, Stripping


class Recorder:
    """Remembers the pieces it is given, and the failures that are reported."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.reports: list[str] = []
        self.ends = 0

    def take(self, data: bytes | memoryview) -> None:
        self.pieces.append(bytes(data))

    def fail(self, data: bytes | memoryview = b"") -> None:
        raise RuntimeError("a mistake of ours")

    def end(self) -> None:
        self.ends += 1


class TestSinks:
    def test_output_goes_to_every_sink_unchanged(self) -> None:
        """Output is bytes and stays bytes."""
        first, second = Recorder(), Recorder()
        Sinks([first.take, second.take], (), first.reports.append).give(bytes(range(256)))
        assert first.pieces == second.pieces == [bytes(range(256))]

    def test_sink_that_raises_is_left_out_and_the_others_go_on(self) -> None:
        """The child never blocks or dies because of our log trouble."""
        recorder = Recorder()
        outlet = Sinks([recorder.fail, recorder.take], (), recorder.reports.append)
        for _ in range(3):
            outlet.give(b"line\n")
        assert recorder.pieces == [b"line\n"] * 3
        assert len(recorder.reports) == 1

    def test_all_sinks_are_ended_although_one_fails(self) -> None:
        recorder = Recorder()
        Sinks([], [recorder.fail, recorder.end], recorder.reports.append).close()
        assert (recorder.ends, len(recorder.reports)) == (1, 1)


class TestStripping:
    def test_filter_sees_all_and_gives_its_rest_at_the_end(self) -> None:
        recorder = Recorder()
        outlet = Stripping(Sinks([recorder.take], [recorder.end], recorder.reports.append))
        for piece in (b"\x1b[3", b"1mred\x1b[0m and \x1b[3"):
            outlet.give(memoryview(piece))
        assert b"".join(recorder.pieces) == b"red and "
        outlet.close()
        assert (b"".join(recorder.pieces), recorder.ends) == (b"red and \x1b[3", 1)

    def test_output_that_is_filtered_away_reaches_no_sink(self) -> None:
        recorder = Recorder()
        Stripping(Sinks([recorder.take], (), recorder.reports.append)).give(b"\x1b[0m")
        assert recorder.pieces == []

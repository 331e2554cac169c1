"""What bounds the number of processes, read from the files of a made-up system."""

from pathlib import Path

from supervisor.host.processlimit import ProcessBound, find_process_bound


def system(root: Path, **files: str) -> str:
    """A system with such files; a double underscore stands for a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("threads_max", "threads-max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def test_enough_is_no_bound(tmp_path: Path) -> None:
    """Neither is what cannot be read."""
    assert find_process_bound(100, system(tmp_path)) is None
    assert find_process_bound(100, system(tmp_path, proc__sys__kernel__pid_max="100\n")) is None


def test_the_tightest_bound_is_found(tmp_path: Path) -> None:
    """Of the kernel's own ones."""
    root = system(
        tmp_path, proc__sys__kernel__pid_max="90\n", proc__sys__kernel__threads_max="80\n"
    )

    bound = find_process_bound(100, root)

    assert bound == ProcessBound("kernel.threads-max", 80, "sysctl kernel.threads-max=NUMBER")


def test_groups_above_our_own_bind_us_too(tmp_path: Path) -> None:
    """The unified hierarchy of control groups: max is no bound, a number is one."""
    root = system(
        tmp_path,
        proc__self__cgroup="0::/system/daemon\n",
        sys__fs__cgroup__system__daemon__pids__max="",
    )
    group = tmp_path / "sys/fs/cgroup/system"
    (group / "daemon/pids.max").write_text("max\n")
    (group / "pids.max").write_text("70\n")

    bound = find_process_bound(100, root)

    assert bound is not None
    assert (bound.name, bound.allowed) == ("pids.max of /system", 70)


def test_the_old_hierarchy_of_process_counts_binds(tmp_path: Path) -> None:
    """The controller ``pids`` has a hierarchy of its own there; others do not matter."""
    root = system(tmp_path, proc__self__cgroup="5:cpu:/other\n4:pids:/box\n")
    box = tmp_path / "sys/fs/cgroup/pids/box"
    box.mkdir(parents=True)
    (box / "pids.max").write_text("60\n")

    bound = find_process_bound(100, root)

    assert bound is not None
    assert (bound.name, bound.allowed) == ("pids.max of /box", 60)

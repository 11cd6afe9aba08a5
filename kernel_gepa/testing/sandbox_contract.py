"""What every Sandbox promises, as functions that a test runs against one: see `PROMISES` and `ISOLATION`.

@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_my_sandbox_keeps_the_promise(promise, tmp_path): promise(MySandbox(), tmp_path)

`ISOLATION` is for those that say of themselves that they isolate. The jobs are shell scripts, so that a sandbox
needs to show nothing but a system.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kernel_gepa.ports import Exit, Job, Limits, Mount, Sandbox

PATIENCE_S = 20.0
ENVIRONMENT = {"PATH": os.defpath}


def _start(
    sandbox: Sandbox,
    folder: Path,
    script: str,
    *,
    limits: Limits = Limits(),
    mounts: tuple[Mount, ...] = (),
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Job:
    inside = folder / "job"
    inside.mkdir(exist_ok=True)
    return sandbox.start(
        ["/bin/sh", "-c", script], folder=inside, mounts=mounts, environment=environment, limits=limits
    )


def _run(
    sandbox: Sandbox,
    folder: Path,
    script: str,
    *,
    limits: Limits = Limits(),
    mounts: tuple[Mount, ...] = (),
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Exit:
    job = _start(sandbox, folder, script, limits=limits, mounts=mounts, environment=environment)
    try:
        ended = job.wait(PATIENCE_S)
    finally:
        job.kill()
    assert ended is not None, f"`{script}` did not end within {PATIENCE_S:g} s"
    return ended


def the_exit_code_and_both_streams_come_back(sandbox: Sandbox, folder: Path) -> None:
    ended = _run(sandbox, folder, "echo out; echo err >&2; exit 7")
    assert (ended.code, ended.signal) == (7, None)
    assert ended.stdout == "out\n"
    assert ended.stderr == "err\n"


def a_job_that_a_signal_killed_says_which(sandbox: Sandbox, folder: Path) -> None:
    assert _run(sandbox, folder, "kill -SEGV $$").signal == signal.SIGSEGV
    assert _run(sandbox, folder, "kill -ABRT $$").signal == signal.SIGABRT


def what_a_job_says_never_passes_for_a_failure_of_the_sandbox(sandbox: Sandbox, folder: Path) -> None:
    for name in (sandbox.name, "bwrap", "docker", "prlimit", "sandbox"):
        assert _run(sandbox, folder, f"echo '{name}: cannot start' >&2; exit 1").code == 1


def of_a_flood_the_end_is_kept_and_the_rest_is_counted(sandbox: Sandbox, folder: Path) -> None:
    ended = _run(sandbox, folder, "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo last words >&2")
    assert len(ended.stderr) < 20_000
    assert ended.stderr.endswith("last words\n")
    assert "left out" in ended.stderr


def the_environment_is_what_was_given(sandbox: Sandbox, folder: Path) -> None:
    given = {"PATH": os.defpath, "GIVEN": "a b=c\td"}
    ended = _run(sandbox, folder, "env", environment=given)
    seen = dict(line.split("=", 1) for line in ended.stdout.splitlines())
    shell = {"PWD", "OLDPWD", "SHLVL", "_"}  # a shell sets these itself
    assert {k: v for k, v in seen.items() if k not in shell} == given


def the_folder_is_the_working_directory_and_can_be_written_to(sandbox: Sandbox, folder: Path) -> None:
    ended = _run(sandbox, folder, "pwd; echo kept > file")
    assert ended.stdout.strip() == str(folder / "job")
    assert (folder / "job" / "file").read_text() == "kept\n"


def a_mount_is_seen_at_its_own_path(sandbox: Sandbox, folder: Path) -> None:
    shown = folder / "shown"
    shown.mkdir()
    (shown / "file").write_text("hello")
    assert _run(sandbox, folder, f"cat {shown}/file", mounts=(Mount(shown),)).stdout == "hello"


def a_writable_mount_keeps_what_is_written(sandbox: Sandbox, folder: Path) -> None:
    shared = folder / "shared"
    shared.mkdir()
    assert _run(sandbox, folder, f"echo x > {shared}/file", mounts=(Mount(shared, writable=True),)).code == 0
    assert (shared / "file").read_text() == "x\n"


def waiting_for_a_running_job_ends_in_time_with_nothing(sandbox: Sandbox, folder: Path) -> None:
    job = _start(sandbox, folder, "sleep 60")
    try:
        assert job.wait(0.05) is None
    finally:
        job.kill()


def killing_ends_the_whole_tree(sandbox: Sandbox, folder: Path) -> None:
    """Also what ignores SIGTERM, and what moved into a session of its own."""
    script = """
    trap '' TERM HUP INT
    pulse() { while :; do date +%s%N > "$1"; sleep 0.05; done; }
    pulse child &
    ( trap '' TERM; pulse grandchild & wait ) &
    setsid sh -c 'trap "" TERM HUP; while :; do date +%s%N > session; sleep 0.05; done' &
    wait
    """
    job, inside = _start(sandbox, folder, script), folder / "job"
    names = ("child", "grandchild", "session")
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not all((inside / n).exists() for n in names):
            assert time.monotonic() < deadline, "the job's processes did not start"
            time.sleep(0.02)
    finally:
        job.kill()
    before = [(inside / n).read_text() for n in names]
    time.sleep(0.3)
    assert [(inside / n).read_text() for n in names] == before, "something of the job is alive after kill()"


def what_a_job_leaves_behind_ends_with_it(sandbox: Sandbox, folder: Path) -> None:
    ended = _run(sandbox, folder, "( while :; do date +%s%N > pulse; sleep 0.05; done ) > /dev/null 2>&1 & sleep 0.2")
    assert ended.code == 0
    before = (folder / "job" / "pulse").read_text()
    time.sleep(0.3)
    assert (folder / "job" / "pulse").read_text() == before


def killing_twice_or_after_the_end_is_harmless(sandbox: Sandbox, folder: Path) -> None:
    job = _start(sandbox, folder, "exit 3")
    first = job.wait(PATIENCE_S)
    job.kill()
    job.kill()
    assert first is not None
    assert job.wait(0) == first


def a_file_over_the_limit_is_not_written(sandbox: Sandbox, folder: Path) -> None:
    ended = _run(sandbox, folder, "head -c 3000000 /dev/zero > big", limits=Limits(file_bytes=1 << 20))
    assert ended.code != 0
    assert (folder / "job" / "big").stat().st_size <= 1 << 20


def no_core_is_dumped(sandbox: Sandbox, folder: Path) -> None:
    assert _run(sandbox, folder, "ulimit -c").stdout.strip() == "0"


PROMISES: tuple[Callable[[Sandbox, Path], None], ...] = (
    the_exit_code_and_both_streams_come_back,
    a_job_that_a_signal_killed_says_which,
    what_a_job_says_never_passes_for_a_failure_of_the_sandbox,
    of_a_flood_the_end_is_kept_and_the_rest_is_counted,
    the_environment_is_what_was_given,
    the_folder_is_the_working_directory_and_can_be_written_to,
    a_mount_is_seen_at_its_own_path,
    a_writable_mount_keeps_what_is_written,
    waiting_for_a_running_job_ends_in_time_with_nothing,
    killing_ends_the_whole_tree,
    what_a_job_leaves_behind_ends_with_it,
    killing_twice_or_after_the_end_is_harmless,
    a_file_over_the_limit_is_not_written,
    no_core_is_dumped,
)


def there_is_no_network(sandbox: Sandbox, folder: Path) -> None:
    lines = _run(sandbox, folder, "cat /proc/net/dev").stdout.splitlines()[2:]
    assert {line.split(":")[0].strip() for line in lines} <= {"lo"}


def the_system_cannot_be_written_to(sandbox: Sandbox, folder: Path) -> None:
    for path in ("/new", "/usr/new", "/etc/new", "/proc/sys/kernel/core_pattern"):
        opened = _run(sandbox, folder, f": >> {path}")  # opens and writes nothing: a failing sandbox does no harm
        assert opened.code != 0, f"{path} can be written to"


def a_file_outside_is_not_there(sandbox: Sandbox, folder: Path) -> None:
    (folder / "secret").write_text("key")
    ended = _run(sandbox, folder, f"cat {folder}/secret")
    assert ended.code != 0
    assert "key" not in ended.stdout


def the_home_folder_is_not_there(sandbox: Sandbox, folder: Path) -> None:
    assert _run(sandbox, folder, f"ls -A {Path.home()}").stdout == ""


def a_mount_that_is_not_writable_cannot_be_written_to(sandbox: Sandbox, folder: Path) -> None:
    shown = folder / "shown"
    shown.mkdir()
    assert _run(sandbox, folder, f"echo x > {shown}/file", mounts=(Mount(shown),)).code != 0
    assert not list(shown.iterdir())


def processes_outside_are_not_seen(sandbox: Sandbox, folder: Path) -> None:
    seen = _run(sandbox, folder, "for p in /proc/[0-9]*; do cat $p/cmdline | tr '\\0' ' '; echo; done").stdout
    assert len(seen.splitlines()) < 8
    ours = Path("/proc/self/cmdline").read_text().replace("\0", " ").strip()
    assert ours not in seen


def no_file_of_ours_is_left_open(sandbox: Sandbox, folder: Path) -> None:
    listed = _run(sandbox, folder, "ls /proc/$$/fd").stdout.split()
    assert set(listed) <= {"0", "1", "2", "10", "255"}  # a shell keeps its script at 10 or 255


ISOLATION: tuple[Callable[[Sandbox, Path], None], ...] = (
    there_is_no_network,
    the_system_cannot_be_written_to,
    a_file_outside_is_not_there,
    the_home_folder_is_not_there,
    a_mount_that_is_not_writable_cannot_be_written_to,
    processes_outside_are_not_seen,
    no_file_of_ours_is_left_open,
)

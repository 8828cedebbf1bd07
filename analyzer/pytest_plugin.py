"""pytest fixtures: a team asserts on recorded traffic in its own suite.

`hsm_report` analyzes captures, `hsm_check` compares them with an expectation file. Paths are relative to the
test's file:

    def test_the_client_still_reaches_the_hsm(hsm_check):
        hsm_check("traffic.pcapng", against="expect.toml", keys="keys.log")

    def test_the_inner_tls_is_1_3(hsm_report):
        report = hsm_report("traffic.pcapng", keys="keys.log", etc="etc")
        assert [c.conversation.at_level(1).version for c in report.connections] == [0x0304]

pytest finds them by itself where the package is installed (entry point `pytest11`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from analyzer.values import dataclass

if TYPE_CHECKING:
    from analyzer.report.model import Report
    from analyzer.run.analysis import Options

Paths: TypeAlias = str | Path | Iterable[str | Path]


@pytest.fixture
def hsm_report(request: pytest.FixtureRequest) -> HsmReport:
    """Analyze captures: `hsm_report(captures, keys=..., etc=..., customer_ca=...)` gives the report."""
    return HsmReport(request.path.parent)


@pytest.fixture
def hsm_check(request: pytest.FixtureRequest) -> HsmCheck:
    """Compare captures with an expectation file: `hsm_check(captures, against=..., keys=...)`."""
    return HsmCheck(request.path.parent)


@dataclass(frozen=True, slots=True)
class HsmReport:
    """What the fixture `hsm_report` is; `base` is what paths are relative to."""

    base: Path

    def __call__(
        self,
        captures: Paths,
        *,
        keys: Paths = (),
        ports: Iterable[int] | None = None,
        **expected: Paths,
    ) -> Report:
        """The report over captures, which are taken as one.

        Args:
            captures: one path or several. keys: key logs.
            ports: the HSM's TCP ports; the usual ones where left out.
            expected: the expected set, as `load_expectations` takes it: etc, customer_ca, cluster, ...

        Raises:
            UserError: a file cannot be used.
        """
        from analyzer.run.pipeline import analyze

        options = _options(self.base, keys, ports, _expected(self.base, expected))
        return analyze(_paths(self.base, captures), options)


@dataclass(frozen=True, slots=True)
class HsmCheck:
    """What the fixture `hsm_check` is; `base` is what paths are relative to."""

    base: Path

    def __call__(
        self,
        captures: Paths,
        *,
        against: str | Path,
        keys: Paths = (),
        ports: Iterable[int] | None = None,
        allow_inconclusive: bool = False,
    ) -> None:
        """Fail the test where a capture is not what the file says; each capture is checked for itself.

        What the capture cannot tell (keys are missing, it is cut) fails the test too, or skips it with
        `allow_inconclusive`: it is never a pass.

        Raises:
            UserError: a file cannot be used.
        """
        __tracebackhide__ = True
        from analyzer.report.check_text import dumps
        from analyzer.run.check import check_captures
        from analyzer.run.expected_files import load_expectations
        from analyzer.verdict.finding import Status

        path = self.base / against
        options = _options(self.base, keys, ports, load_expectations(expect=path))
        checks = check_captures(_paths(self.base, captures), path, options)
        statuses = {check.status for check in checks}
        if Status.FAIL in statuses:
            pytest.fail(dumps(checks), pytrace=False)
        if Status.UNKNOWN in statuses or not checks:
            words = f"inconclusive:\n{dumps(checks)}"
            if allow_inconclusive:
                pytest.skip(words)
            pytest.fail(words, pytrace=False)


def _options(base: Path, keys: Paths, ports: Iterable[int] | None, expected: Any) -> Options:
    from analyzer.run.pipeline import CLOUDHSM_PORTS, Options

    return Options(
        ports=CLOUDHSM_PORTS if ports is None else frozenset(ports),
        key_logs=tuple(_paths(base, keys)),
        expected=expected,
        contain_crashes=False,
    )


def _expected(base: Path, given: dict[str, Paths]) -> Any:
    from analyzer.run.expected_files import load_expectations

    single = {"etc", "cluster", "expect"}
    named: dict[str, Any] = {
        name: base / value if name in single else tuple(_paths(base, value))  # type: ignore[operator]
        for name, value in given.items()
    }
    return load_expectations(**named)


def _paths(base: Path, given: Paths) -> Sequence[Path]:
    if isinstance(given, str | Path):
        return [base / given]
    return [base / each for each in given]

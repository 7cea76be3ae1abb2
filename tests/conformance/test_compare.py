"""Tests of the conformance runner's parser and judge, on text made up here; no interpreter is run.

They hold the runner to what makes its verdict worth something: no failure may vanish between what
regrtest writes and what is reported.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import suites
from harness.compare import Baseline, compare, load_known
from harness.evidence import weigh
from harness.outcomes import Outcome, from_junit, from_text, identity, merge, unfinished

JUNIT = """<testsuites tests="5"><testsuite>
<testcase name="test.test_x.C.test_ok" status="run" result="completed" time="0.1" />
<testcase name="test.test_x.C.test_bad" result="completed"><system-out />
<failure type="AssertionError" message="AssertionError: 1 != 2&#10;" /></testcase>
<testcase name="test.test_x.C.test_err"><error type="OSError" message="OSError: io" /></testcase>
<testcase name="test.test_x.C.test_skip"><skipped>why not</skipped></testcase>
<testcase name="test_sub (test.test_x.C.test_sub) (i=1)"><skipped>no</skipped></testcase>
<testcase />
</testsuite></testsuites>"""

RULE, LINE = "=" * 70, "-" * 70

TEXT = f"""0:00:00 load avg: 0.13 [1/1] test_x
test_ok (test.test_x.C.test_ok)
A line of documentation ... ok
test_bad (test.test_x.C.test_bad) ... FAIL
test_skip (test.test_x.C.test_skip) ... skipped 'why not (here.there)'
test_xf (test.test_x.C.test_xf) ... expected failure
test_sub (test.test_x.C.test_sub) ...
  test_sub (test.test_x.C.test_sub) (i=1) ... ERROR
ERROR

{RULE}
ERROR: test_sub (test.test_x.C.test_sub) (i=1)
{LINE}
Traceback (most recent call last):
  File "test_x.py", line 13, in test_sub
    raise OSError(5, "io")
OSError: [Errno 5] io

{RULE}
ERROR: setUpClass (test.test_x.D)
{LINE}
Traceback (most recent call last):
  File "test_x.py", line 24, in setUpClass
ValueError: broken

{RULE}
FAIL: test_bad (test.test_x.C.test_bad)
{LINE}
Traceback (most recent call last):
  File "test_x.py", line 6, in test_bad
AssertionError: 1 != 2

{LINE}
Ran 6 tests in 0.002s
"""

PASS, SKIP, FAIL = (
    Outcome("pass"),
    Outcome("skip"),
    Outcome("fail", "AssertionError: 1 != 2"),
)


def test_identity_is_the_same_on_every_version() -> None:
    assert identity("test_a", "test.test_x.C") == "test.test_x.C.test_a"
    assert identity("test_a", "test.test_x.C.test_a") == "test.test_x.C.test_a"


def test_junit_outcomes() -> None:
    outcomes = from_junit(JUNIT)
    assert {test.rpartition(".")[2]: o.status for test, o in outcomes.items()} == {
        "test_ok": "pass",
        "test_bad": "fail",
        "test_err": "error",
        "test_skip": "skip",
        "test_sub": "skip",
    }
    assert outcomes["test.test_x.C.test_bad"].why == "AssertionError: 1 != 2"


def test_junit_that_is_cut_short_gives_nothing() -> None:
    assert from_junit(JUNIT[:200]) == {}
    assert from_junit("") == {}


def test_text_outcomes() -> None:
    assert from_text(TEXT) == {
        "test.test_x.C.test_ok": PASS,
        "test.test_x.C.test_bad": FAIL,
        "test.test_x.C.test_skip": Outcome("skip", "'why not (here.there)'"),
        "test.test_x.C.test_xf": Outcome("xfail"),
        "test.test_x.C.test_sub": Outcome("error", "OSError: [Errno 5] io"),
        "test.test_x.D.setUpClass": Outcome("error", "ValueError: broken"),
    }


def test_text_of_3_10_runs_on_after_subtests() -> None:
    text = "test_sub (test.test_x.C) ... test_skip (test.test_x.C) ... skipped 'no'\n"
    assert from_text(text) == {"test.test_x.C.test_skip": Outcome("skip", "'no'")}


def test_merge_takes_failures_and_skips_that_the_xml_leaves_out() -> None:
    junit = {"a": PASS, "b": SKIP, "c": PASS}
    text = {"a": FAIL, "b": PASS, "c": SKIP, "d": FAIL, "e": SKIP, "f": PASS}
    assert merge(junit, text) == {"a": FAIL, "b": SKIP, "c": PASS, "d": FAIL, "e": SKIP}


def test_merge_without_xml_takes_the_text() -> None:
    assert merge({}, {"a": PASS}) == {"a": PASS}


def test_unfinished_names_the_test_that_broke_the_run() -> None:
    text = "test_a (test.test_x.C.test_a) ... ok\ntest_b (test.test_x.C.test_b) ... "
    assert unfinished(text + "Fatal Python error: Segmentation fault\n") == "test.test_x.C.test_b"
    assert unfinished(text + "ok\n") is None
    assert unfinished("") is None


def test_compare_tells_lost_explained_stale_and_new() -> None:
    stock = {
        "good": PASS,
        "lost": PASS,
        "gone": PASS,
        "known": PASS,
        "stale": PASS,
        "skip": SKIP,
    }
    rsock = {
        "good": PASS,
        "lost": FAIL,
        "known": SKIP,
        "stale": PASS,
        "skip": SKIP,
        "new": FAIL,
    }
    result = compare(stock, rsock, {"known": "a reason", "stale": "another"})
    assert [loss.test for loss in result.lost] == ["lost", "gone", "new"]
    assert [loss.test for loss in result.explained] == ["known"]
    assert result.stale == ["stale"]
    assert str(result.lost[0]) == "lost: pass -> fail: AssertionError: 1 != 2"
    assert str(result.explained[0]).endswith("(known: a reason)")


def test_compare_does_not_blame_rsock_for_what_stock_fails_or_skips() -> None:
    result = compare({"bad": FAIL, "skip": SKIP}, {"bad": FAIL, "extra": SKIP}, {})
    assert not result.lost
    assert not result.stale


def test_known_differences_may_hold_for_some_versions(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text('["a.b"]\nreason = "one"\nversions = ["3.12"]\n["c.d"]\nreason = "two"\n')
    assert load_known(path, "3.12.1") == {"a.b": "one", "c.d": "two"}
    assert load_known(path, "3.13.0") == {"c.d": "two"}


@pytest.mark.parametrize("entry", ['reason = ""', "", 'reason = "x"\nversion = ["3.12"]'])
def test_known_differences_want_a_reason(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(f'["a.b"]\n{entry}\n')
    with pytest.raises(ValueError, match=r"a\.b"):
        load_known(path, "3.12.1")


def test_the_list_of_known_differences_is_well_formed() -> None:
    path = Path(__file__).with_name("known_differences.toml")
    for version in ("3.10.0", "3.11.0", "3.12.0", "3.13.0", "3.14.0"):
        load_known(path, version)


def test_baseline_comes_back_and_holds_for_one_patch_version(tmp_path: Path) -> None:
    outcomes = {"a": PASS, "b": Outcome("skip", "no /dev/tun"), "c": PASS}
    Baseline(tmp_path, "3.12.1", True).put("test_x", outcomes)
    again = Baseline(tmp_path, "3.12.1", True)
    assert again.get("test_x") == {"a": PASS, "b": SKIP, "c": PASS}
    assert again.get("test_y") is None
    assert Baseline(tmp_path, "3.12.2", True).get("test_x") is None
    assert Baseline(tmp_path, "3.12.1", False).get("test_x") is None


START = "7\tstart\t{0}/rsock/__init__.py\t{0}/rsock/_rsock.so\t-m test"
EXIT = "7\texit\t{0}/rsock/__init__.py\t{0}/rsock/_rsock.so\t-m test"
STOCK_START = "7\tstart\t-\t-\t-m test"
STOCK_CHILD = "8\texit\t/lib/socket.py\t/lib/_socket.so\tchild"


@pytest.mark.parametrize(
    ("lines", "folder", "sound"),
    [
        ([START, EXIT], "/site", True),
        ([START], "/site", False),
        ([], "/site", False),
        ([START, EXIT, STOCK_CHILD], "/site", False),
        ([START, "8\tstart\t-\t-\tchild", EXIT], "/site", False),
        ([START, "8\tfailed\tImportError()", EXIT], "/site", False),
        ([STOCK_START, STOCK_CHILD, "7\texit\t-\t-\t-m test"], None, True),
        ([STOCK_START, EXIT], None, False),
        ([], None, False),
    ],
)
def test_evidence_decides_whether_a_run_counts(
    tmp_path: Path, lines: list[str], folder: str | None, sound: bool
) -> None:
    log = tmp_path / "evidence"
    log.write_text("".join(line.format("/site") + "\n" for line in lines))
    _, doubts = weigh(log, 7, Path(folder) if folder else None, broken=False)
    assert (not doubts) is sound


def test_sets_expand_once_in_order() -> None:
    assert suites.expand(["socket", "test_socket", "test_ssl"]) == [
        *suites.SOCKET,
        "test_ssl",
    ]
    with pytest.raises(ValueError, match="nothing"):
        suites.expand(["nothing"])

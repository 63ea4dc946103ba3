"""The table of faults: runs the test that provokes each, and writes build/faults.md.

python -m tools.faults [CASE ...]
"""

import os
import platform
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
NOTHING_TO_RUN = 5  # pytest's exit code for that

FAULTS = {
    "1 divergence": (
        "shown within 0.5 s, the last finite picture kept, Reset and Run work",
        "test_faults.py::test_trouble_is_shown",
        "test_player.py::test_trouble_stops_the_run",
    ),
    "2 exception in a lab": (
        "shown in the panel, raised where nobody is there",
        "test_faults.py::test_trouble_is_shown",
        "test_kernel.py::test_what_a_lab_raises_is_raised_where_nobody_is_there",
        "test_headless.py::test_what_the_lab_raises_is_raised_with_the_player",
    ),
    "3 impatient hands": (
        "50 clicks: one worker, one run; 1000 random operations: legal states, never hangs",
        "test_faults.py::test_fifty_clicks_on_run",
        "test_faults_page.py::test_fifty_clicks",
        "test_faults.py::test_a_thousand_operations",
        "test_player.py::TestHands",
        "test_player.py::test_a_random_walk_beside_the_thread_never_hangs",
    ),
    "4 stopping": (
        "within one step; twice, or before the start, is no error",
        "test_player.py::test_pause_stops_a_thread_within_one_frame",
        "test_player.py::test_close_may_come_twice_before_the_start_and_from_inside",
        "test_player.py::test_close_during_a_long_step",
    ),
    "5 200 resets, 200 re-runs": (
        "no thread, widget, comm or file more; at most 10 MB",
        "test_faults.py::test_two_hundred_times_leave_nothing_behind",
    ),
    "6 interrupt": (
        "ends a blocking run and leaves the panel; does not stop a panel",
        "test_faults.py::test_an_interrupt_ends_a_blocking_run",
        "test_kernel.py::test_interrupt_does_not_stop_the_panel",
    ),
    "7 restart of the kernel": (
        "in 4 s; the run is continued to the same bits; no orphan after 5 s",
        "test_faults.py::test_a_restart_in_the_middle",
        "test_faults.py::test_no_kernel_survives",
        "test_again.py::test_a_burgers_network_is_continued_bit_for_bit_by_a_live_player",
    ),
    "8 kill -9 during a write": (
        "100 kills: the record is whole, or the old one",
        "test_faults.py::test_a_record_killed_at_a_hundred_instants",
        "test_trace.py::test_a_kill_while_it_is_saved",
    ),
    "9 damaged records": (
        "one clear error, nothing run",
        "test_record.py::test_a_record_cut_off_at_any_byte",
        "test_record.py::test_a_flipped_bit",
        "test_record.py::test_huge_binary_and_endless_files_are_refused",
        "test_record.py::test_reading_a_record_imports_nothing_that_it_names",
    ),
    "10 a closed tab": (
        "60 000 frames unseen (ten minutes of 100 a second, as fast as it goes): no message, "
        "kernel at most 10 MB, server 20 MB; back within 2 s",
        "test_faults.py::test_a_closed_tab_costs_nothing",
        "test_faults_page.py::test_a_tab_closed_for_ten_minutes",
        "test_panel.py::test_a_view_that_vanished_stops_holding_up_the_others",
    ),
    "11 a slow line": (
        "at most 5 % of the speed (the test's bound: half), 300 kB/s",
        "test_faults.py::test_a_slow_line",
        "test_panel.py::test_no_more_than_two_acknowledgements_are_owed",
    ),
    "12 subshells": (
        "turns overtake a running cell; 20 turns a second while cells run, subshells on and off, "
        "each kernel that is allowed: no error, no blank picture, the last turn counts",
        "test_faults.py::test_a_slider_on_a_subshell_while_a_cell_runs",
        "test_faults_kernels.py::test_a_slider_that_never_rests",
        "test_kernel.py::test_a_slider_is_answered_while_torch_trains",
    ),
    "13 two tabs, two panels": (
        "tabs agree within 1 s; two runs at once are the two runs alone",
        "test_faults_page.py::test_two_tabs_of_one_notebook_agree",
        "test_faults.py::test_two_runs_at_once",
    ),
    "14 no network, no home": (
        "a run, its pictures and its record work; each whole lesson without network and home",
        "test_faults.py::test_a_run_needs_no_network",
        "test_faults.py::test_a_whole_lesson_runs_without_network_and_home",
        "test_panel_page.py::test_module_is_one_self_contained_piece",
        "test_cli.py::test_a_disk_that_fills_up_does_not_lose_the_numbers",
    ),
    "15 memory": (
        "beyond 80 % of the limit: refused before it is allocated",
        "test_machine.py::test_what_would_not_fit",
        "test_machine.py::test_a_network_or_a_step_that_is_too_large",
    ),
    "18 other countries, other eyes": (
        "another locale, umlauts and blanks in the path; axe-core finds nothing "
        "(Windows: not tested)",
        "test_faults.py::test_a_run_needs_no_network",
        "test_faults_page.py::test_a_german_browser",
        "test_access.py",
        "test_keyboard.py",
    ),
    "19 import": (
        "quick, no thread, nothing global changed",
        "test_architecture.py::test_importing_the_package_is_quick_and_changes_nothing",
        "test_architecture.py::test_light_modules_load_nothing_heavy",
    ),
}
"""Case: what must be true, and the tests that provoke it, each by the start of its name."""

HEAD = """# What can go wrong, provoked

Written by `make faults`; do not edit. Each case is provoked for real: a real kernel, a real
server or a real browser where the fault lives there. On {cores} cores, Python {python}.
"""


def main(*chosen: str) -> None:
    """Run them one by one, and write what each measured. Exit 1 where one fails."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    cases = {case: FAULTS[case] for case in FAULTS if not chosen or case.split()[0] in chosen}
    files = sorted({name.partition("::")[0] for _, *names in cases.values() for name in names})
    words = sorted(
        {name.partition("::")[2] or name[:-3] for _, *ns in cases.values() for name in ns}
    )
    results, code = {}, 0
    for where in ("browser", "not browser"):  # a browser's event loop is no company for a kernel's
        report = build / f"faults-{where.replace(' ', '-')}.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *(f"tests/{name}" for name in files), "-m", where,
             "-k", " or ".join(words), f"--junitxml={report}", "-o", "junit_family=xunit1", "-q"],
            cwd=ROOT, check=False,
        )  # fmt: skip
        code = code or done.returncode % NOTHING_TO_RUN
        results |= outcomes(report)
    lines = [HEAD.format(cores=os.cpu_count(), python=platform.python_version()),
             "| case | what must be true | tests | measured |", "|---|---|---|---|"]  # fmt: skip
    for case, (target, *names) in cases.items():
        found = {name: [one for key, one in results.items() if key.startswith(name)]
                 for name in names}  # fmt: skip
        tests = "<br>".join(f"`{name}` {verdict(found[name])}" for name in names)
        figures = [figure for one in found.values() for _, figure in one if figure]
        lines.append(f"| {case} | {target} | {tests} | {'<br>'.join(figures)} |")
    (build / "faults.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(build / "faults.md")
    sys.exit(code)


def outcomes(report: Path) -> dict[str, tuple[str, str]]:
    """For each test that ran: passed, failed or skipped, and the figure that it noted."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        *_, place = case.get("classname", "").partition("tests.")
        file, *inner = place.split(".")
        name = "::".join([f"{file}.py", *inner, case.get("name", "")])
        bad = case.find("failure") is not None or case.find("error") is not None
        state = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
        noted = [one.get("value", "") for one in case.iter("property")]
        found[name] = (state, "; ".join(noted))
    return found


def verdict(found: list[tuple[str, str]]) -> str:
    """In a few words how it went."""
    states = [state for state, _ in found]
    if not states:
        return "**did not run**"
    bad = [f"{states.count(state)} {state}" for state in ("failed", "skipped") if state in states]
    return ", ".join(bad) if bad else f"✓ {len(states)}" if len(states) > 1 else "✓"


if __name__ == "__main__":
    main(*sys.argv[1:])

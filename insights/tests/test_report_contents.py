"""The contents of a report as JSON."""

import dataclasses
import json

import pytest

from insights.report.contents import BLOCKS, Contents, UnknownVersionError, packed
from insights.tests.reports import example_panel, example_report

pytestmark = pytest.mark.once


def test_contents_are_the_same_after_json():
    report = example_report(words="#let x = 1 $ \\ @import \u202e😀")

    assert Contents.from_json(report.to_json()) == report
    # Each kind of block is among them.
    assert {block.KIND for section in report.sections for block in section.blocks} == set(BLOCKS)


def test_another_version_is_refused():
    report = json.loads(example_report().to_json()) | {"version": 99}

    with pytest.raises(UnknownVersionError):
        Contents.from_json(json.dumps(report))


def test_a_section_left_out_leaves_no_trace():
    report = example_report(question="A secret question")

    kept = report.without({"questions"})

    assert "secret" not in kept.to_json()
    assert [section.key for section in kept.sections] == [section.key for section in report.sections][1:]


def test_up_is_better_in_a_flipped_panel():
    panel, flipped = example_panel(), example_panel(is_flipped=True)

    assert (panel.height(1), panel.height(10)) == (0, 1)
    assert (flipped.height(1), flipped.height(10)) == (1, 0)


def test_every_value_is_json():
    """asdict() keeps dates, which json cannot write."""
    assert json.dumps(packed(example_report())) and dataclasses.asdict(example_report())

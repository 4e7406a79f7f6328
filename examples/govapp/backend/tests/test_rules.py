import re

from app.rules import can_move, is_final, new_reference


def test_an_application_is_reviewed_before_it_is_approved():
    assert can_move("submitted", "in_review")
    assert can_move("in_review", "approved")
    assert not can_move("submitted", "approved")


def test_final_applications_stay_as_they_are():
    for status in ("approved", "rejected"):
        assert is_final(status)
        assert not can_move(status, "in_review")
    assert not is_final("submitted")


def test_references_are_readable_and_differ():
    references = {new_reference() for _ in range(200)}
    assert len(references) == 200
    assert all(re.fullmatch(r"P-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", item) for item in references)

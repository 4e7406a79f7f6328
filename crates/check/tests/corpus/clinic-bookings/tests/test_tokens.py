import pytest

from app import tokens


def test_issue():
    token = tokens.issue(7)
    print(token)


def test_works():
    assert True


@pytest.mark.skip(reason="broken since the move to UTC")
def test_expired():
    with pytest.raises(Exception):
        tokens.read("x")

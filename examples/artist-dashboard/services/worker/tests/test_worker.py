import pytest

from worker import parse_job


def test_a_job_gives_the_artist_id():
    assert parse_job('{"type": "recommendations", "artistId": 12}') == 12


@pytest.mark.parametrize(
    "raw",
    [
        "not json",
        "[]",
        '{"type": "email", "artistId": 1}',
        '{"type": "recommendations"}',
        '{"type": "recommendations", "artistId": 0}',
    ],
)
def test_bad_jobs_are_refused(raw):
    with pytest.raises(ValueError):
        parse_job(raw)

from datetime import date

import pytest

from digest import build_body, parse_smtp_url


def test_body_lists_projects():
    body = build_body(date(2025, 3, 4), [("Salt Atlas Mural", "Ada Abara")], 6)
    assert "04 March 2025" in body
    assert "1 new project:" in body
    assert "  - Salt Atlas Mural (Ada Abara)" in body
    assert "6 new recommendations." in body


def test_body_without_projects():
    assert "No new projects today." in build_body(date(2025, 3, 4), [], 0)


def test_smtp_url_is_split():
    smtp = parse_smtp_url("smtp://mailer:p%40ss@mail.example.com")
    assert smtp == {
        "host": "mail.example.com",
        "port": 587,
        "tls": False,
        "user": "mailer",
        "password": "p@ss",
    }


def test_other_schemes_are_refused():
    with pytest.raises(ValueError):
        parse_smtp_url("https://mail.example.com")

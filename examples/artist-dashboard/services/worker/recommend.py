"""Picks artists who could work together."""

from dataclasses import dataclass

LIMIT = 6


@dataclass(frozen=True)
class Artist:
    id: int
    name: str
    discipline: str
    city: str
    active_projects: int = 0


@dataclass(frozen=True)
class Recommendation:
    artist_id: int
    score: int
    reason: str


def score(artist: Artist, other: Artist) -> Recommendation | None:
    """Rate `other` as a partner for `artist`; None when they have nothing in common."""
    if other.id == artist.id:
        return None
    points, reasons = 0, []
    if other.city == artist.city:
        points += 5
        reasons.append(f"also in {artist.city}")
    if other.discipline == artist.discipline:
        points += 4
        reasons.append(f"shares {artist.discipline.lower()}")
    if not reasons:
        return None
    points += min(other.active_projects, 5)
    if other.active_projects >= 5:
        reasons.append("very active")
    reason = ", ".join(reasons)
    return Recommendation(other.id, points, reason[0].upper() + reason[1:])


def recommend(artist: Artist, others: list[Artist], limit: int = LIMIT) -> list[Recommendation]:
    found = [item for other in others if (item := score(artist, other))]
    found.sort(key=lambda item: (-item.score, item.artist_id))
    return found[:limit]

"""What a permit application may become, and how it is named."""

import secrets

PERMIT_TYPES = {
    "building": "Building work",
    "event": "Public event",
    "market": "Market stall",
    "parking": "Resident parking",
    "tree": "Tree felling",
}

TRANSITIONS = {
    "submitted": {"in_review", "rejected"},
    "in_review": {"approved", "rejected"},
    "approved": set(),
    "rejected": set(),
}

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def can_move(current: str, target: str) -> bool:
    return target in TRANSITIONS.get(current, set())


def is_final(status: str) -> bool:
    return status in TRANSITIONS and not TRANSITIONS[status]


def new_reference() -> str:
    code = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"P-{code[:4]}-{code[4:]}"

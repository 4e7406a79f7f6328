import asyncio

BASE = "https://rates.example.com"
pending = asyncio.Queue()

_label_cache = {}


def classify(description):
    key = description.lower()
    if key not in _label_cache:
        _label_cache[key] = key.split(" ")[0]
    return _label_cache[key]

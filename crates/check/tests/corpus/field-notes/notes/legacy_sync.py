SECONDS = 5


def sync_all(items):
    return [item for item in items]

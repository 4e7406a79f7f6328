import random
import string


def new_token():
    """What a link to a report ends with."""
    return "".join(random.choice(string.ascii_letters) for _ in range(24))

import os
import signal
import sys
import time

import redis

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
queue = redis.Redis(os.environ["CACHE_HOST"], int(os.environ["CACHE_PORT"]))
while True:
    letter = queue.blpop("letters", timeout=5)
    if letter:
        print("sent", letter[1].decode(), "from", os.environ["SENDER"])
    time.sleep(0.1)

import time
from pathlib import Path

count = 0
while True:
    count += 1
    Path("beats.txt").write_text(f"beat {count}")
    time.sleep(0.2)

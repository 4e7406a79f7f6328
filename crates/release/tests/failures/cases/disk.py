"""Disks and files that refuse."""

SMALL = "unshare -m sh -c 'mkdir small && mount -t tmpfs -o size=64k none small && cd small && %s'"

CASES = [
    dict(id="full.node", run=SMALL % 'node ../write.js', files={
        "write.js": "require('fs').writeFileSync('bundle.js', 'x'.repeat(1e6))\n"}),
    dict(id="full.python", run=SMALL % "python3 ../write.py", files={
        "write.py": "with open('report.csv', 'w') as f:\n    f.write('x' * 1_000_000)\n"}),
    dict(id="full", run=SMALL % "cp /usr/bin/git ."),
    dict(id="read-only", run="unshare -m sh -c 'mkdir out && mount -t tmpfs -o ro none out && cp build.txt out/'", files={
        "build.txt": "built\n"}),
    dict(id="file-too-large", run="ulimit -f 8; exec node write.js", files={
        "write.js": "process.on('SIGXFSZ', () => {})\nrequire('fs').writeFileSync('bundle.js', 'x'.repeat(1e6))\n"}),
]

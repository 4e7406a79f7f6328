"""Memory that is not there."""

CASES = [
    # A control group (version 1) ends what is larger than 60 MB.
    dict(id="killed", run="G=/sys/fs/cgroup/memory/sea-failure; mkdir -p $G && echo 60M > $G/memory.limit_in_bytes && "
         "bash -c 'echo $$ > /sys/fs/cgroup/memory/sea-failure/cgroup.procs; bash test.sh'; E=$?; rmdir $G; exit $E", files={
             "test.sh": "echo 'loading 40,000 projects'\npython3 load.py\n",
             "load.py": "rows = []\nwhile True:\n    rows.append(bytearray(5_000_000))\n"}),
    dict(id="node-heap", run="node --max-old-space-size=24 build.js", files={
        "build.js": "const all = []\nfor (;;) all.push(new Array(1000).fill({ a: Math.random() }))\n"}),
    dict(id="python-memory", run="ulimit -v 600000; python3 app.py", files={
        "app.py": "rows = []\nwhile True:\n    rows.append(bytearray(50_000_000))\n"}),
    dict(id="java-heap", run="java -Xmx16m App.java", files={
        "App.java": "import java.util.*;\nclass App {\n    public static void main(String[] a) {\n        List<long[]> all = new ArrayList<>();\n"
                    "        while (true) all.add(new long[1_000_000]);\n    }\n}\n"}),
    dict(id="allocation-failed", setup="cargo build -q --offline", run="ulimit -v 200000; target/debug/shop", files={
        "Cargo.toml": '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/main.rs": "fn main() {\n    let mut all = Vec::new();\n    loop {\n        all.push(vec![1u8; 50_000_000]);\n    }\n}\n"}),
    dict(id="no-more-processes", run="setpriv --reuid=64123 --clear-groups bash -c 'cd /; ulimit -u 1; ls | cat; ls'"),
]

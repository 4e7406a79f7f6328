"""git."""

IDENTITY = "git config user.name dev && git config user.email dev@example.com"
START = f"git init -q -b main && {IDENTITY} && echo one > a && git add a && git commit -q -m one"

CASES = [
    dict(id="no-repository", run="git describe --tags"),
    dict(id="unauthorized", run="GIT_TERMINAL_PROMPT=0 python3 $CASES/with_server.py 401 'git clone http://127.0.0.1:$PORT/shop.git'"),
    dict(id="dubious-ownership", setup=START + " && chown -R 64123 .", run="git status"),
    dict(id="merge-conflict", setup=START + " && git checkout -q -b b && echo two > a && git commit -q -a -m two && git checkout -q main"
         " && echo three > a && git commit -q -a -m three", run="git merge b"),
    dict(id="push-rejected", setup=START + " && git clone -q --bare . ../origin && git remote add origin ../origin && git clone -q ../origin "
         f"../other && cd ../other && {IDENTITY} && echo x > b && git add b && git commit -q -m x && git push -q && cd ../app && echo y > c && "
         "git add c && git commit -q -m y", run="git push origin main"),
    dict(id="revision-missing", setup=START, run="git diff origin/main...HEAD"),
    dict(id="no-tags", setup=START, run="git describe --tags"),
    dict(id="identity-missing", setup="git init -q && echo one > a && git add a", run="git -c user.useConfigOnly=true commit -m one"),
    dict(id="repository-missing", run="git clone file:///home/dev/no-such-repository.git"),
    dict(id="index-locked", setup=START + " && touch .git/index.lock && echo z > a", run="git commit -a -m z"),
    dict(id="submodule-missing", setup="git init -q", run="git submodule update --init vendor/lib", files={"a": ""}),
]

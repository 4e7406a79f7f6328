"""make and C compilers."""

CASES = [
    dict(id="no-rule", run="make test", files={"Makefile": "build:\n\techo built\n"}),
    dict(id="no-rule-for-input", run="make", files={"Makefile": "app: main.o\n\tcc -o app main.o\n"}),
    dict(id="missing-separator", run="make", files={"Makefile": "build:\n    echo built\n"}),
    dict(id="no-rule.makefile", run="make build"),
    dict(id="header-missing", run="make", files={
        "Makefile": "app: main.c\n\tcc -o app main.c\n", "main.c": "#include <shop/price.h>\nint main(void) { return 0; }\n"}),
    dict(id="undefined-reference", run="make", files={
        "Makefile": "app: main.c\n\tcc -o app main.c\n", "main.c": "int price(void);\nint main(void) { return price(); }\n"}),
    dict(id="compile-error", run="make", files={
        "Makefile": "app: main.c\n\tcc -o app main.c\n", "main.c": "int main(void) { return total; }\n"}),
]

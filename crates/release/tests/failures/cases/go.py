"""Go, without a module proxy."""

MODULE = "module example.com/shop\n\ngo 1.19\n"

CASES = [
    dict(id="compile-error", run="go build ./...", files={
        "go.mod": MODULE, "main.go": "package main\n\nfunc main() {\n\tprintln(total)\n}\n"}),
    dict(id="import-unused", run="go build ./...", files={
        "go.mod": MODULE, "main.go": 'package main\n\nimport "os"\n\nfunc main() {}\n'}),
    dict(id="module-missing", run="go build ./...", files={
        "go.mod": MODULE, "main.go": 'package main\n\nimport _ "github.com/gorilla/mux"\n\nfunc main() {}\n'}),
    dict(id="sum-missing", run="GOFLAGS=-mod=readonly go build ./...", files={
        "go.mod": MODULE + "\nrequire github.com/gorilla/mux v1.8.0\n",
        "main.go": 'package main\n\nimport _ "github.com/gorilla/mux"\n\nfunc main() {}\n'}),
    dict(id="package-not-std", run="go build ./...", files={
        "go.mod": MODULE, "main.go": 'package main\n\nimport _ "slices2"\n\nfunc main() {}\n'}),
    dict(id="go-version", run="go build ./...", files={
        "go.mod": MODULE.replace("1.19", "1.99"), "main.go": "package main\n\nfunc main() {\n\tx := min(1, 2)\n\t_ = x\n}\n"}),
    dict(id="manifest-missing", run="go build ./...", files={"main.go": "package main\n\nfunc main() {}\n"}),
    dict(id="test-failed", run="go test ./...", files={
        "go.mod": MODULE, "shop_test.go": 'package shop\n\nimport "testing"\n\nfunc TestTotal(t *testing.T) {\n'
                                         '\tt.Errorf("total is %d, not 3", 2)\n}\n'}),
    dict(id="panic", run="go run .", files={
        "go.mod": MODULE, "main.go": 'package main\n\nimport "os"\n\nfunc main() {\n\tvar m map[string]int\n'
                                     '\tm[os.Args[0]] = 1\n}\n'}),
    dict(id="vet", run="go vet ./...", files={
        "go.mod": MODULE, "main.go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Printf("%d\\n", "x")\n}\n'}),
    dict(id="vendor-inconsistent", setup="mkdir -p vendor && touch vendor/modules.txt", run="go build -mod=vendor ./...", files={
        "go.mod": MODULE + "\nrequire github.com/gorilla/mux v1.8.0\n", "main.go": "package main\n\nfunc main() {}\n"}),
    dict(id="test-timeout", run="go test -timeout 1s ./...", files={
        "go.mod": MODULE, "shop_test.go": 'package shop\n\nimport (\n\t"testing"\n\t"time"\n)\n\n'
                                         'func TestSlow(t *testing.T) {\n\ttime.Sleep(time.Minute)\n}\n'}),
]

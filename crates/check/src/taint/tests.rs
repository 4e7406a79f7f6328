#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use ast_grep_core::tree_sitter::LanguageExt;

use super::*;

/// The source of what the only call of `sink` is given.
fn source(language: SupportLang, code: &str, carries: Carries) -> Option<String> {
    let spec = TaintSpec {
        sources: vec![json!("request")],
        sinks: Vec::new(),
        sanitizers: vec![json!({ "pattern": "clean($X)" })],
        carries,
    };
    let taint = Taint::new("test", &spec, language).unwrap();
    let tree = language.ast_grep(code);
    let root = tree.root();
    let sink = root
        .dfs()
        .find(|node| {
            node.kind().contains("argument") && node.prev().is_some_and(|callee| callee.text() == "sink")
        })
        .unwrap_or_else(|| panic!("no sink in {code}"));
    let argument = sink.named_children().next().unwrap();
    Flow::default().source(&taint, &argument).map(|source| source.text().into_owned())
}

fn reaches(language: SupportLang, cases: &[&str]) {
    for code in cases {
        assert!(source(language, code, Carries::Text).is_some(), "not followed: {code}");
    }
}

fn ends(language: SupportLang, cases: &[&str]) {
    for code in cases {
        let found = source(language, code, Carries::Text);
        assert!(found.is_none(), "followed to {found:?}: {code}");
    }
}

#[test]
fn every_shared_source_can_be_used() {
    let shared = Shared::read(SHARED).unwrap();
    for (name, sets) in &shared.sources {
        for set in sets {
            for language in &set.languages {
                let language: SupportLang = language.parse().unwrap();
                let rules = shared.rules(name, language).unwrap();
                compile_rule(name, language, json!({ "any": rules }), &[])
                    .unwrap_or_else(|error| panic!("{name} in {language}: {error}"));
            }
        }
    }
}

#[test]
fn javascript_flows_through_assignments_texts_and_closures() {
    reaches(
        SupportLang::JavaScript,
        &[
            "app.get('/', (req, res) => sink(req.query.id));",
            "app.get('/', (req, res) => { const { id } = req.params; sink(`a ${id} b`); });",
            "function f(req) { let sql = 'select '; sql += req.body.name; sink(sql); }",
            "function f(req) { const { a: { b } } = req.body; sink('x' + b.trim()); }",
            "function f(req) { const id = req.query.id || 'none'; run(() => { sink(id); }); }",
            "function f(req) { req.body.items.forEach(item => sink(item.name)); }",
            "async function f(req) { const body = await req.json(); sink(body.url); }",
            "function f(req) { for (const x of req.body.list) { sink(x); } }",
            "function f(req) { const o = { a: req.body.a, b: 1 }; sink(o.a); }",
            "function f(req) { const p = path.join(root, req.query.f); sink(p); }",
            "export async function GET(request, { params }) { sink(params.id); }",
            "function f(req) { const size = req.body.size || '1x1'; sink(`-resize ${size}`); }",
        ],
    );
}

#[test]
fn javascript_flows_end_at_checks_conversions_and_other_values() {
    ends(
        SupportLang::JavaScript,
        &[
            "function f(req) { sink('fixed'); }",
            "function f(req) { const id = Number(req.query.id); sink(`a ${id}`); }",
            "function f(req) { let id = req.query.id; id = parseInt(id, 10); sink(id); }",
            "function f(req) { const o = { a: req.body.a, b: 1 }; sink(o.b); }",
            "function f(req) { const s = req.query.sort; if (!ALLOWED.includes(s)) return; sink(s); }",
            "function f(req) { const s = ALLOWED.has(req.query.s) ? req.query.s : 'id'; sink(s); }",
            "function f(req) { const s = COLUMNS[req.query.s]; sink(s); }",
            "function f(req) { const body = schema.parse(req.body); sink(body.name); }",
            "function f(req) { sink(clean(req.body.name)); }",
            "function f(req) { const n = req.body.name.length; sink(n); }",
            "async function f(req) { const user = await users.find(req.params.id); sink(user.name); }",
            "function f(req) { const id = req.query.id; } function g(id) { sink(id); }",
        ],
    );
}

#[test]
fn only_the_beginning_of_an_address_says_the_host() {
    let of = |code: &str| source(SupportLang::JavaScript, code, Carries::Head).is_some();
    assert!(of("function f(req) { sink(req.body.url); }"));
    assert!(of("function f(req) { sink(`https://${req.body.host}/x`); }"));
    assert!(of("function f(req) { const u = new URL(req.body.url); sink(u.href); }"));
    assert!(of("function f(req) { const u = req.body.url; if (!u.startsWith('http')) return; sink(u); }"));
    assert!(!of("function f(req) { const u = req.body.url; if (!u.startsWith(BASE)) return; sink(u); }"));
    assert!(!of("function f(req) { sink(`https://api.example.com/${req.body.id}`); }"));
    assert!(!of("function f(req) { sink(BASE + req.body.id); }"));
    assert!(!of("function f(req) { let u = 'https://a.example.com/'; u += req.body.id; sink(u); }"));
    assert!(!of("function f(req) { sink('/users/' + req.body.id); }"));
}

#[test]
fn only_whole_values_keep_the_type_that_the_client_chose() {
    let of = |code: &str| source(SupportLang::JavaScript, code, Carries::Value).is_some();
    assert!(of("function f(req) { sink({ email: req.body.email }); }"));
    assert!(of("function f(req) { const { email } = req.body; sink({ email, active: true }); }"));
    assert!(!of("function f(req) { sink({ email: String(req.body.email) }); }"));
    assert!(!of("function f(req) { sink({ email: `${req.body.email}` }); }"));
    assert!(!of("function f(req) { const e = req.body.e; if (typeof e !== 'string') return; sink({ e }); }"));
}

#[test]
fn python_flows() {
    reaches(
        SupportLang::Python,
        &[
            "def f():\n    sink(request.args['q'])\n",
            "def f():\n    q = request.args.get('q')\n    sink(f\"a {q}\")\n",
            "def f():\n    q = request.form['q']\n    sink('a %s' % q)\n",
            "def f():\n    q = request.form['q']\n    sink('a {}'.format(q))\n",
            "def f(request):\n    sql = 'a'\n    if x:\n        sql += request.GET['q']\n    sink(sql)\n",
            "@app.get('/x')\ndef f(name: str):\n    sink(name)\n",
            "@app.post('/x')\ndef f(body: ItemCreate):\n    sink(body.name)\n",
            "def f():\n    data = request.get_json()\n    sink(data['q'])\n",
            "def f():\n    sink(', '.join([request.args['q'], 'b']))\n",
        ],
    );
    ends(
        SupportLang::Python,
        &[
            "def f():\n    sink(int(request.args['q']))\n",
            "def f():\n    q = request.args['q']\n    if q not in ALLOWED:\n        abort(400)\n    sink(q)\n",
            "@app.get('/x')\ndef f(n: int, db: Session = Depends(get_db)):\n    sink(db)\n",
            "@app.get('/x')\ndef f(n: int):\n    sink(n)\n",
            "def f():\n    q = secure_filename(request.files['f'].filename)\n    sink(q)\n",
            "def f():\n    form = Form(request.form)\n    sink(form.name)\n",
            "@app.route('/<int:n>')\ndef f(n):\n    sink(n)\n",
        ],
    );
}

#[test]
fn flows_of_other_languages() {
    reaches(
        SupportLang::Go,
        &[
            "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tid := r.URL.Query().Get(\"id\")\n\tsink(fmt.Sprintf(\"a %s\", id))\n}\n",
            "package a\nfunc f(c *gin.Context) {\n\tvar b Body\n\tif err := c.ShouldBindJSON(&b); err != nil {\n\t\tlog.Print(err)\n\t}\n\tsink(b.Name)\n}\n",
            "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tvar b Body\n\tjson.NewDecoder(r.Body).Decode(&b)\n\tsink(b.Name)\n}\n",
        ],
    );
    ends(
        SupportLang::Go,
        &[
            "package a\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tid, err := strconv.Atoi(r.FormValue(\"id\"))\n\tsink(id)\n}\n",
        ],
    );
    reaches(SupportLang::Ruby, &["def f\n  name = params[:name]\n  sink(\"a #{name}\")\nend\n"]);
    ends(SupportLang::Ruby, &["def f\n  id = params[:id].to_i\n  sink(\"a #{id}\")\nend\n"]);
    reaches(
        SupportLang::Php,
        &[
            "<?php\n$id = $_GET['id'];\nsink(\"a $id\");\n",
            "<?php\nfunction f($request) { $q = 'a' . $request->input('q'); sink($q); }\n",
        ],
    );
    ends(SupportLang::Php, &["<?php\n$id = (int) $_GET['id'];\nsink(\"a $id\");\n"]);
    reaches(
        SupportLang::Java,
        &[
            "class A { void f(HttpServletRequest request) { String q = request.getParameter(\"q\"); sink(\"a\" + q); } }",
            "class A { void f(@RequestParam String q) { sink(String.format(\"a %s\", q)); } }",
        ],
    );
    ends(SupportLang::Java, &["class A { void f(@PathVariable Long id) { sink(\"a\" + id); } }"]);
    reaches(
        SupportLang::CSharp,
        &[
            "class A { void F([FromQuery] string q) { var s = $\"a {q}\"; sink(s); } }",
            "class A { void F() { var q = Request.Query[\"q\"]; sink(\"a\" + q); } }",
        ],
    );
    ends(SupportLang::CSharp, &["class A { void F([FromQuery] int q) { sink($\"a {q}\"); } }"]);
}

#[test]
fn long_ways_and_circles_end() {
    let mut code = String::from("function f(req) { let v0 = req.query.id;\n");
    for n in 1..500 {
        let before = n - 1;
        code.push_str(&["let v", &n.to_string(), " = v", &before.to_string(), " + v0;\n"].concat());
    }
    code.push_str("sink(v499 + other); }");
    let _ = source(SupportLang::JavaScript, &code, Carries::Text);
    ends(
        SupportLang::JavaScript,
        &["function f() { let a = 1; for (;;) { a = a + b; b = b + a; sink(a); } }"],
    );
}

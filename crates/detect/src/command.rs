//! What command lines say.

use seaworthy_model::PortSetting;

/// The command runs a development server or watches.
pub(crate) fn is_development(text: &str) -> bool {
    const SIGNS: [&str; 42] = [
        "npm run dev",
        "yarn dev",
        "yarn run dev",
        "pnpm dev",
        "pnpm run dev",
        "bun run dev",
        "deno task dev",
        "--reload",
        "manage.py runserver",
        "flask run --debug",
        "--debug run",
        "meteor run",
        "bin/dev",
        "react-scripts start",
        "ng serve",
        "vue-cli-service serve",
        "gatsby develop",
        "next dev",
        "nuxt dev",
        "nuxi dev",
        "nodemon",
        "--watch",
        "ts-node-dev",
        "tsnd",
        "tsx watch",
        "remix dev",
        "remix vite:dev",
        "react-router dev",
        "astro dev",
        "vite dev",
        "webpack serve",
        "webpack-dev-server",
        "nest start --watch",
        "nest start --debug",
        "wrangler dev",
        "vercel dev",
        "netlify dev",
        "docusaurus start",
        "expo start",
        "svelte-kit dev",
        "vinxi dev",
        "bun --hot",
    ];
    if SIGNS.iter().any(|sign| text.contains(sign)) {
        return true;
    }
    // Vite, Parcel, Astro and Eleventy serve for development when they are given no other command.
    let words: Vec<&str> = text.split(['&', ';', '|']).flat_map(str::split_whitespace).collect();
    words.iter().enumerate().any(|(index, word)| {
        let next = words.get(index + 1).copied().unwrap_or_default();
        match *word {
            "vite" | "parcel" => {
                (next.is_empty() || next.starts_with('-') || next.ends_with(".html") || next == "serve")
                    && !words.contains(&"build")
            }
            "eleventy" => words.contains(&"--serve"),
            _ => false,
        }
    })
}

/// Where a process listens, as its command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    /// The port; `None` where only a variable says it.
    pub(crate) port: Option<u16>,
    /// How another one can be given to it.
    pub(crate) setting: PortSetting,
}

/// Programs that listen and serve no HTTP, and clients that take the port of a server.
const NOT_WEB: [&str; 14] = [
    "autossh",
    "memcached",
    "mongod",
    "mongosh",
    "mysql",
    "mysqld",
    "nc",
    "pg_ctl",
    "postgres",
    "psql",
    "redis-cli",
    "redis-server",
    "scp",
    "ssh",
];

/// Where a command line listens: `$PORT`, `${PORT:-8000}`, `--port 8123`, `-p 8123`, `:8123`, `http.server 8123`.
pub(crate) fn listening(text: &str) -> Option<Listening> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let program = words.iter().find(|word| !word.contains('='))?;
    if NOT_WEB.contains(&program.rsplit('/').next().unwrap_or(program)) {
        return None;
    }
    if let Some(listening) = port_variable(text) {
        return Some(listening);
    }
    if let Some(port) = port_in(text) {
        // An option that stands alone before its value is one that can be given another value.
        let flag = ["--port", "-p", "-l", "--server.port"].into_iter().find(|flag| words.contains(flag));
        let setting = flag.map_or(PortSetting::Fixed, |flag| PortSetting::Flag(flag.to_owned()));
        return Some(Listening { port: Some(port), setting });
    }
    let fixed = |port: u16| Listening { port: Some(port), setting: PortSetting::Fixed };
    words.iter().enumerate().find_map(|(index, word)| {
        let before = index.checked_sub(1).map_or("", |before| words[before]);
        let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
        if matches!(before, "http.server" | "SimpleHTTPServer" | "runserver") && number(word).is_some() {
            return number(word).map(fixed);
        }
        let (host, port) = word.rsplit_once('=').map_or(*word, |(_, value)| value).rsplit_once(':')?;
        let is_any = matches!(host, "" | "0.0.0.0" | "[::]" | "*");
        let is_here = matches!(host, "localhost" | "127.0.0.1") && matches!(before, "runserver" | "-S");
        number(port).filter(|_| is_any || is_here).map(fixed)
    })
}

/// What a command line that uses the variable `PORT` says of where it listens.
fn port_variable(text: &str) -> Option<Listening> {
    let by_variable = |port| Listening { port, setting: PortSetting::Env("PORT".to_owned()) };
    if let Some((_, rest)) = text.split_once("${PORT") {
        let fallback = rest.split('}').next()?.trim_start_matches(":-").trim_start_matches('-');
        return rest.starts_with([':', '-', '}']).then(|| by_variable(fallback.parse().ok()));
    }
    let (_, rest) = text.split_once("$PORT")?;
    let is_whole = !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    is_whole.then(|| by_variable(None))
}

/// The port that a command line sets: `--port 4000`, `-p 4000`, `PORT=4000`.
pub(crate) fn port_in(text: &str) -> Option<u16> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.iter().enumerate().find_map(|(index, word)| {
        let value = match word.split_once('=') {
            Some(("--port" | "-p" | "PORT" | "--server.port" | "--http-port", value)) => value,
            None if matches!(*word, "--port" | "-p" | "-l" | "--server.port") => words.get(index + 1)?,
            None if matches!(*word, "--bind" | "-b" | "--listen") => {
                words.get(index + 1)?.rsplit(':').next()?
            }
            Some(("--bind" | "-b", value)) => value.rsplit(':').next()?,
            _ => return None,
        };
        value.trim_matches(['"', '\'']).parse().ok().filter(|port| *port > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_servers_are_told_from_the_rest() {
        for text in [
            "vite",
            "vite --host",
            "nodemon server.js",
            "node --watch a.js",
            "react-scripts start",
            "cross-env A=b vite",
        ] {
            assert!(is_development(text), "{text}");
        }
        for text in
            ["node server.js", "vite build", "vite preview", "next start", "nest start", "tsc && vite build"]
        {
            assert!(!is_development(text), "{text}");
        }
    }

    #[test]
    fn where_processes_listen() {
        let variable = || PortSetting::Env("PORT".to_owned());
        let flag = |flag: &str| PortSetting::Flag(flag.to_owned());
        for (text, port, setting) in [
            ("python3 -u -m http.server $PORT", None, variable()),
            ("uvicorn a:b --port ${PORT:-8000}", Some(8000), variable()),
            ("gunicorn a:b --bind=0.0.0.0:${PORT}", None, variable()),
            ("python3 -u -m http.server 8123", Some(8123), PortSetting::Fixed),
            ("vite preview --port 8123", Some(8123), flag("--port")),
            ("next start -p 8123", Some(8123), flag("-p")),
            ("gunicorn a:b -b :8123", Some(8123), PortSetting::Fixed),
            ("./server :8123", Some(8123), PortSetting::Fixed),
            ("./server --addr=:8123", Some(8123), PortSetting::Fixed),
            ("php -S localhost:8123", Some(8123), PortSetting::Fixed),
            ("python manage.py runserver 0.0.0.0:8123", Some(8123), PortSetting::Fixed),
        ] {
            assert_eq!(listening(text), Some(Listening { port, setting }), "{text}");
        }
        for text in [
            "redis-server --port 7777",
            "ssh -p 2222 host",
            "celery -A tasks worker --concurrency 4",
            "celery -b redis://localhost:6379/0 -A a worker",
            "node worker.js $PORT_OFFSET",
            "stripe listen --forward-to localhost:3000/hooks",
            "python worker.py",
        ] {
            assert_eq!(listening(text), None, "{text}");
        }
    }

    #[test]
    fn ports_in_command_lines() {
        for (text, port) in [
            ("next dev -p 4000", Some(4000)),
            ("vite --port=8080", Some(8080)),
            ("PORT=3001 node x", Some(3001)),
            ("gunicorn --bind 0.0.0.0:8000 a:b", Some(8000)),
            ("serve -s build -l 5000", Some(5000)),
            ("mkdir -p dist", None),
            ("uvicorn a:b --port $PORT", None),
        ] {
            assert_eq!(port_in(text), port, "{text}");
        }
    }
}

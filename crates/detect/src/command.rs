//! What command lines say.

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

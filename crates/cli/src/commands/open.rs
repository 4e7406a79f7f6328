//! `sea open`: the app, a service or the dashboard in a browser.

use std::process::{Command, Stdio};

use crate::args::{Global, OpenArgs};
use crate::commands::connect::{block_on, connect};
use crate::exit::{self, Mistake};

/// Programs that open an address, in the order in which they are tried.
const OPENERS: [&str; 4] = ["xdg-open", "open", "wslview", "sensible-browser"];

pub(crate) fn run(global: &Global, args: &OpenArgs) -> anyhow::Result<u8> {
    let running = connect(global)?;
    let app = block_on(async { Ok(running.client.app().await?) })?;
    let url = match args.service.as_deref() {
        Some("dashboard") => app.dashboard_url,
        Some(name) => {
            let member = app.members.iter().find(|member| member.name == name);
            member.and_then(|member| member.urls.first().cloned())
        }
        None => app.url.or(app.dashboard_url),
    };
    let Some(url) = url.filter(|url| url.starts_with("http")) else {
        let what = args.service.as_deref().unwrap_or(&app.name);
        let help = Some("sea status".to_owned());
        return Err(
            Mistake { message: format!("{what} has no address that a browser can show"), help }.into()
        );
    };
    println!("{url}");
    if !args.print {
        let browser = std::env::var("BROWSER").ok();
        let openers = browser.iter().map(String::as_str).chain(OPENERS);
        let mut quiet = openers.map(|opener| {
            Command::new(opener)
                .arg(&url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
        });
        if !quiet.any(|started| started.is_ok()) {
            anstream::eprintln!("no program to open it was found; set $BROWSER, or open it by hand");
        }
    }
    Ok(exit::DONE)
}

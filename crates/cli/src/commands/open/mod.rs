//! `sea open`: the app, a service or a dashboard in a browser.

mod host;

use crate::args::{Global, OpenArgs};
use crate::commands::browser;
use crate::commands::connect::{block_on, connect};
use crate::exit::{self, Mistake};

pub(crate) fn run(global: &Global, args: &OpenArgs) -> anyhow::Result<u8> {
    if args.host {
        return host::run(global, args);
    }
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
    if !args.print && !browser::open(&url) {
        anstream::eprintln!("no program to open it was found; set $BROWSER, or open it by hand");
    }
    Ok(exit::DONE)
}

//! HTTPS of a host, from the command line.

use std::path::{Path, absolute};

use seaworthy_engine::serve::{Authority, Given, Https, LETS_ENCRYPT, Method};

use crate::args::HttpsArgs;
use crate::exit::Mistake;

/// How the host speaks HTTPS, if it is to.
pub(super) fn https(args: &HttpsArgs) -> anyhow::Result<Option<Https>> {
    let Some(port) = args.https else { return Ok(None) };
    let authority = Authority {
        directory: args.acme_directory.clone().unwrap_or_else(|| LETS_ENCRYPT.to_owned()),
        contacts: args.acme_email.clone(),
        terms_agreed: args.acme_agree,
        roots: args.acme_roots.clone(),
        methods: vec![Method::TlsAlpn01, Method::Http01],
    };
    let given = args.certificate.iter().map(|text| given(text)).collect::<anyhow::Result<_>>()?;
    Ok(Some(Https { port, public_port: args.https_public_port, authority, given }))
}

fn given(text: &str) -> anyhow::Result<Given> {
    let parts = text.split_once('=').and_then(|(host, files)| Some((host, files.split_once(',')?)));
    let Some((host, (chain, key))) =
        parts.filter(|(host, (chain, key))| !host.is_empty() && !chain.is_empty() && !key.is_empty())
    else {
        return Err(Mistake {
            message: format!("`{text}` names no host and two files"),
            help: Some(
                "sea serve --https 443 --certificate shop.com=/etc/ssl/shop.pem,/etc/ssl/shop.key".to_owned(),
            ),
        }
        .into());
    };
    for file in [chain, key] {
        if !Path::new(file).is_file() {
            return Err(Mistake {
                message: format!("there is no file {file}"),
                help: Some("name the certificate's chain and its key, both PEM".to_owned()),
            }
            .into());
        }
    }
    // The server may be started in another folder the next time.
    Ok(Given { host: host.to_ascii_lowercase(), chain: absolute(chain)?, key: absolute(key)? })
}

/// The arguments that say the same again, from any folder.
pub(super) fn arguments(https: &Https) -> Vec<String> {
    let mut all = vec!["--https".to_owned(), https.port.to_string()];
    let mut add = |flag: &str, value: String| all.extend([flag.to_owned(), value]);
    if let Some(port) = https.public_port {
        add("--https-public-port", port.to_string());
    }
    for contact in &https.authority.contacts {
        add("--acme-email", contact.clone());
    }
    if https.authority.directory != LETS_ENCRYPT {
        add("--acme-directory", https.authority.directory.clone());
    }
    if let Some(roots) = &https.authority.roots {
        add("--acme-roots", absolute(roots).unwrap_or_else(|_| roots.clone()).display().to_string());
    }
    for given in &https.given {
        let files = format!("{}={},{}", given.host, given.chain.display(), given.key.display());
        add("--certificate", files);
    }
    if https.authority.terms_agreed {
        all.push("--acme-agree".to_owned());
    }
    all
}

//! Harmless values for development, where nobody said another.

use seaworthy_model::Service;

/// Ends of names of secrets that an app signs or encrypts its own things with: any random value will do, as long as
/// it stays the same.
const OWN: [&str; 14] = [
    "SECRET_KEY_BASE",
    "SECRET_KEY",
    "SESSION_SECRET",
    "SESSION_KEY",
    "JWT_SECRET",
    "JWT_KEY",
    "AUTH_SECRET",
    "COOKIE_SECRET",
    "CSRF_SECRET",
    "TOKEN_SECRET",
    "APP_SECRET",
    "APP_KEY",
    "SIGNING_KEY",
    "ENCRYPTION_KEY",
];
/// Single words that say the same.
const OWN_WORDS: [&str; 6] = ["SALT", "PEPPER", "SIGNING", "SESSION", "JWT", "NEXTAUTH"];
/// Words of what someone else gave out: a made-up one would only fail later.
const FOREIGN: [&str; 26] = [
    "API",
    "CLIENT",
    "WEBHOOK",
    "STRIPE",
    "AWS",
    "S3",
    "GITHUB",
    "GITLAB",
    "GOOGLE",
    "FACEBOOK",
    "TWITTER",
    "AZURE",
    "SLACK",
    "TWILIO",
    "SENDGRID",
    "MAILGUN",
    "OPENAI",
    "ANTHROPIC",
    "PAYPAL",
    "CLOUDINARY",
    "RECAPTCHA",
    "SUPABASE",
    "FIREBASE",
    "DISCORD",
    "TELEGRAM",
    "ACCESS_KEY",
];

/// The app alone uses this secret: what signs its sessions or encrypts its cookies, by the name of the variable. Any value
/// will do as long as it stays the same, so it is made up where nobody gives it.
pub fn is_own_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split('_').collect();
    let is_foreign = FOREIGN
        .iter()
        .any(|foreign| words.contains(foreign) || (foreign.contains('_') && name.contains(foreign)));
    let ends_own =
        OWN.iter().any(|own| name == *own || name.strip_suffix(own).is_some_and(|rest| rest.ends_with('_')));
    !is_foreign && (name == "SECRET" || ends_own || OWN_WORDS.iter().any(|word| words.contains(word)))
}

/// A made-up secret in the form that its reader wants.
pub(super) fn shaped(name: &str, service: &Service, secret: &str) -> String {
    // Laravel takes 32 bytes as they are, and 64 digits for no key of any cipher.
    if name == "APP_KEY" && service.language.get().is_some_and(|language| language == "php") {
        return secret[..secret.len().min(32)].to_owned();
    }
    secret.to_owned()
}

/// What development wants of a runtime.
pub(super) fn of_runtime(service: &Service, colour: bool) -> Vec<(&'static str, &'static str)> {
    let runtime = service.runtime.get().map_or("", |runtime| runtime.name.as_str());
    let mut values = match runtime {
        // No browser is opened by Create React App, Vite and their kin: `sea open` does that.
        "node" | "bun" => vec![("NODE_ENV", "development"), ("BROWSER", "none")],
        // Lines come as they are written, not when a buffer is full.
        "python" => vec![("PYTHONUNBUFFERED", "1")],
        "dotnet" => vec![("ASPNETCORE_ENVIRONMENT", "Development"), ("DOTNET_ENVIRONMENT", "Development")],
        "ruby" => {
            vec![("RAILS_ENV", "development"), ("RACK_ENV", "development"), ("RAILS_LOG_TO_STDOUT", "1")]
        }
        "elixir" => vec![("MIX_ENV", "dev")],
        _ => Vec::new(),
    };
    if colour {
        // Programs see a pipe; people see a terminal behind it.
        values.extend([("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("PY_COLORS", "1")]);
    }
    values
}

/// What other tools say for production must not decide here.
pub(super) fn is_mode(name: &str) -> bool {
    matches!(
        name,
        "NODE_ENV"
            | "RAILS_ENV"
            | "RACK_ENV"
            | "MIX_ENV"
            | "APP_ENV"
            | "FLASK_ENV"
            | "ASPNETCORE_ENVIRONMENT"
            | "DOTNET_ENVIRONMENT"
    )
}

/// An example's value that stands for one to be filled in.
pub(super) fn is_blank(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    lower.is_empty()
        || lower.contains("***")
        || lower.starts_with('<')
        || ["your", "changeme", "change-me", "change_me", "replace", "xxx", "todo"]
            .iter()
            .any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_secrets_are_told_from_those_that_others_give_out() {
        for own in [
            "SECRET",
            "SECRET_KEY",
            "SECRET_KEY_BASE",
            "SESSION_SECRET",
            "JWT_SECRET",
            "NEXTAUTH_SECRET",
            "DJANGO_SECRET_KEY",
            "PASSWORD_SALT",
            "ACCESS_TOKEN_SECRET",
            "APP_KEY",
        ] {
            assert!(is_own_secret(own), "{own}");
        }
        for foreign in [
            "STRIPE_SECRET_KEY",
            "GOOGLE_CLIENT_SECRET",
            "OPENAI_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "DATABASE_PASSWORD",
            "GITHUB_TOKEN",
        ] {
            assert!(!is_own_secret(foreign), "{foreign}");
        }
    }
}

//! Names as the tools that read derived files allow them.

/// A name for Kubernetes objects, DNS labels and cloud resources: lower case, digits and dashes, at most `most`
/// characters, beginning and ending with a letter or digit.
pub fn label(text: &str, most: usize) -> String {
    let mut label: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(most)
        .collect();
    while label.contains("--") {
        label = label.replace("--", "-");
    }
    let label = label.trim_matches('-');
    if label.is_empty() { "app".to_owned() } else { label.to_owned() }
}

/// A name for HCL, environment variables in lower case, users and databases: lower case, digits and underscores,
/// beginning with a letter.
pub fn identifier(text: &str) -> String {
    let name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("a_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_tools_allow() {
        assert_eq!(label("My_App.v2", 63), "my-app-v2");
        assert_eq!(label("--a--b--", 63), "a-b");
        assert_eq!(label("abc-def", 4), "abc");
        assert_eq!(label("é", 63), "app");
        assert_eq!(identifier("artist-dashboard"), "artist_dashboard");
        assert_eq!(identifier("2fa"), "a_2fa");
    }
}

//! Resources as derived files see them: from which image, under which names, at which address.

use seaworthy_model::image::Image;
use seaworthy_model::{Name, Resource};

use crate::names::identifier;

/// A resource of the model that has to be there.
#[derive(Clone, Debug)]
pub struct Backing<'a> {
    /// Its name.
    pub name: &'a Name,
    /// What the model says of it.
    pub resource: &'a Resource,
    /// Its type: `postgres`, `redis`, ...
    pub kind: &'a str,
    /// The image that it runs from; absent for what is never run beside an app (mail, an object store, a file).
    pub image: Option<Image>,
    /// Who signs in, where one does.
    pub username: Option<String>,
    /// The database, where it has several.
    pub database: Option<String>,
    /// The secret that holds its password, where one signs in: `POSTGRES_PASSWORD`.
    pub password: Option<String>,
}

/// Where a resource is reached, in the words of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access<'a> {
    /// Its host: a name, or an expression of the target's language.
    pub host: &'a str,
    /// Its port, as a number or an expression.
    pub port: &'a str,
    /// How the target writes its password: `$(DB_PASSWORD)`, `${DB_PASSWORD}`, an expression.
    pub password: &'a str,
}

impl<'a> Backing<'a> {
    pub(crate) fn of(name: &'a Name, resource: &'a Resource, app: &str) -> Self {
        let kind = resource.r#type.get().map_or("container", String::as_str);
        let image = Image::of(resource);
        let shape = image.as_ref().map(|image| image.shape);
        let username = shape
            .and_then(|shape| shape.username)
            .map(|fixed| if fixed.is_empty() { identifier(app) } else { fixed.to_owned() });
        let has_password =
            shape.is_some_and(|shape| shape.env.iter().any(|(_, value)| value.contains("{password}")));
        Self {
            name,
            resource,
            kind,
            username,
            database: shape.filter(|shape| shape.has_database).map(|_| identifier(app)),
            password: has_password.then(|| format!("{}_PASSWORD", identifier(name.as_str()).to_uppercase())),
            image,
        }
    }

    /// The port inside its container; absent where it has no image or its image says no port.
    pub fn port(&self) -> Option<u16> {
        self.image.as_ref().map(|image| image.shape.port).filter(|port| *port != 0)
    }

    /// An attribute of it that must not be seen, its address with a password in it included.
    pub fn is_secret(&self, attribute: &str) -> bool {
        matches!(attribute, "password" | "secret_key" | "access_key" | "token" | "key")
            || attribute == "url" && self.password.is_some() && self.username.is_some()
    }

    /// What a placeholder `${resources.NAME.ATTRIBUTE}` stands for where the resource is reached by `access`; `None`
    /// where only the outside knows (an object store's keys, a mail provider's address).
    pub fn attribute(&self, attribute: &str, access: &Access<'_>) -> Option<String> {
        if self.kind == "sqlite" {
            let path = self.file();
            return match attribute {
                "path" => Some(path),
                "url" => Some(format!("sqlite://{path}")),
                _ => None,
            };
        }
        let image = self.image.as_ref()?;
        match attribute {
            "host" => Some(access.host.to_owned()),
            "port" => Some(access.port.to_owned()),
            "username" => self.username.clone(),
            "database" | "name" => self.database.clone(),
            "password" | "key" | "token" => self.password.as_ref().map(|_| access.password.to_owned()),
            "url" => {
                let account = match (&self.username, &self.password) {
                    (Some(user), Some(_)) => format!("{user}:{}@", access.password),
                    _ => String::new(),
                };
                let database = self.database.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
                Some(format!("{}://{account}{}:{}{database}", image.shape.scheme, access.host, access.port))
            }
            "endpoint" => Some(format!("http://{}:{}", access.host, access.port)),
            _ => None,
        }
    }

    /// Its environment, with its password as `password` writes it.
    pub fn environment(&self, password: &str) -> Vec<(&'static str, String)> {
        let Some(image) = &self.image else { return Vec::new() };
        let fill = |text: &str| {
            text.replace("{user}", self.username.as_deref().unwrap_or_default())
                .replace("{database}", self.database.as_deref().unwrap_or_default())
                .replace("{password}", password)
        };
        image.shape.env.iter().map(|(name, value)| (*name, fill(value))).collect()
    }

    /// The file of a database that is one, in the volume that keeps it.
    pub fn file(&self) -> String {
        format!("/data/{}.sqlite", self.name)
    }
}

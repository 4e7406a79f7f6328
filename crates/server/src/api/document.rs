//! The OpenAPI 3.1 description, put together while the routes are.

use axum::response::{IntoResponse, Response};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::routes::Output;
use crate::problem::Problem;

/// Which API is described.
#[derive(Clone, Copy)]
pub(crate) struct About {
    /// What it is for, in a line.
    pub(crate) summary: &'static str,
    /// Who serves it, and what holds for all of it.
    pub(crate) description: &'static str,
}

/// The description of a version of the API.
pub(crate) struct Document {
    about: About,
    paths: Map<String, Value>,
    schemas: SchemaGenerator,
}

/// One path with one method.
pub(crate) struct Operation<'a> {
    body: Option<Value>,
    schemas: &'a mut SchemaGenerator,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
}

impl Document {
    pub(super) fn new(about: About) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { about, paths: Map::new(), schemas: settings.into_generator() }
    }

    /// Adds a path with a method; `describe` says what it takes and answers.
    pub(super) fn add(&mut self, method: &str, path: &str, summary: &str, describe: fn(&mut Operation<'_>)) {
        let in_path = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| {
            json!({ "in": "path", "name": name, "required": true, "schema": { "type": "string" } })
        });
        let mut operation = Operation {
            body: None,
            parameters: in_path.collect(),
            responses: Map::new(),
            schemas: &mut self.schemas,
        };
        describe(&mut operation);
        operation.problems();
        let id = path.split(['/', '{', '}', '.']).filter(|part| !part.is_empty());
        let id = std::iter::once(method).chain(id).collect::<Vec<_>>().join("-");
        let mut value = json!({
            "operationId": id,
            "summary": summary,
            "parameters": operation.parameters,
            "responses": operation.responses,
        });
        if let Some(body) = operation.body {
            value["requestBody"] = body;
        }
        let methods = self.paths.entry(format!("/api/v1{path}")).or_insert_with(|| json!({}));
        methods[method] = value;
    }

    /// As JSON, pretty, ending in a newline.
    pub(crate) fn into_text(mut self) -> String {
        let document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Seaworthy",
                "version": "1",
                "summary": self.about.summary,
                "description": self.about.description,
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "paths": self.paths,
            "components": { "schemas": self.schemas.take_definitions(true) },
        });
        // Values made of texts and maps always have a text.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

impl Operation<'_> {
    /// Adds the fields of `T` as parameters of the query.
    pub(super) fn query<T: JsonSchema>(&mut self) {
        let schema = T::json_schema(self.schemas);
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            let mut field = field.clone();
            let description = field.as_object_mut().and_then(|field| field.remove("description"));
            self.parameters.push(json!({
                "in": "query",
                "name": name,
                "required": required.contains(&json!(name)),
                "description": description,
                "schema": field,
            }));
        }
    }

    /// Adds the body that it takes.
    pub(super) fn takes(&mut self, content: &Value) {
        self.body = Some(json!({ "required": true, "content": content }));
    }

    /// The schema of a type, or where it is.
    pub(super) fn schema<T: JsonSchema>(&mut self) -> schemars::Schema {
        self.schemas.subschema_for::<T>()
    }

    /// Adds a header that is read.
    pub(super) fn header(&mut self, name: &str, description: &str) {
        self.parameters.push(json!({
            "in": "header", "name": name, "description": description, "schema": { "type": "string" },
        }));
    }

    /// Adds an answer in JSON.
    pub(super) fn json<T: JsonSchema>(&mut self) {
        let schema = self.schemas.subschema_for::<T>();
        self.answer("200", "What was asked for", &json!({ "application/json": { "schema": schema } }));
    }

    /// Adds an answer of events, each a name, a description and what its `data` holds.
    pub(crate) fn events(&mut self, description: &str) {
        self.answer("200", description, &json!({ "text/event-stream": { "schema": { "type": "string" } } }));
    }

    /// Makes a type known that only events carry.
    pub(crate) fn carries<T: JsonSchema>(&mut self) {
        self.schemas.subschema_for::<T>();
    }

    /// Adds an answer.
    pub(crate) fn answer(&mut self, status: &str, description: &str, content: &Value) {
        let mut answer = json!({ "description": description });
        if content.as_object().is_some_and(|kinds| !kinds.is_empty()) {
            answer["content"] = content.clone();
        }
        self.responses.insert(status.to_owned(), answer);
    }

    fn problems(&mut self) {
        let schema = self.schemas.subschema_for::<Problem>();
        let content = json!({ "application/problem+json": { "schema": schema } });
        self.answer("default", "Why it was refused", &content);
    }
}

/// The description itself.
pub(crate) struct Description(String);

impl Description {
    pub(crate) fn of(text: String) -> Self {
        Self(text)
    }
}

pub(super) async fn serve() -> Description {
    Description(super::openapi())
}

impl Output for Description {
    fn describe(operation: &mut Operation<'_>) {
        operation.answer(
            "200",
            "OpenAPI 3.1",
            &json!({ "application/json": { "schema": { "type": "object" } } }),
        );
    }
}

impl IntoResponse for Description {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], self.0).into_response()
    }
}

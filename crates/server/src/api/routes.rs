//! Paths with their handlers, and what the handlers' types say about them.
//!
//! A handler is an ordinary function for axum. [`Documented`] reads off its type what it takes and answers, so that the
//! description cannot tell anything else than the code.

use std::future::Future;

use axum::Router;
use axum::handler::Handler;
use axum::routing;

use super::document::{Document, Operation};
use crate::caller::Context;

/// The paths of a version of the API.
pub(super) struct Routes {
    router: Router<Context>,
    document: Document,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self { router: Router::new(), document: Document::new() }
    }

    /// Answers `GET`.
    pub(super) fn get<H, T, A>(mut self, path: &str, summary: &str, handler: H) -> Self
    where
        H: Handler<T, Context> + Documented<A>,
        T: 'static,
    {
        self.document.add("get", path, summary, H::describe);
        self.router = self.router.route(path, routing::get(handler));
        self
    }

    /// Answers `POST`.
    pub(super) fn post<H, T, A>(mut self, path: &str, summary: &str, handler: H) -> Self
    where
        H: Handler<T, Context> + Documented<A>,
        T: 'static,
    {
        self.document.add("post", path, summary, H::describe);
        self.router = self.router.route(path, routing::post(handler));
        self
    }

    pub(super) fn into_parts(self) -> (Router<Context>, Document) {
        (self.router, self.document)
    }
}

/// An argument of a handler.
pub(super) trait Input {
    /// Adds what it takes from the request.
    fn describe(_operation: &mut Operation<'_>) {}
}

/// What a handler answers.
pub(super) trait Output {
    /// Adds what it answers.
    fn describe(operation: &mut Operation<'_>);
}

/// A handler whose arguments and answer are described.
pub(super) trait Documented<Arguments> {
    /// Adds all that its type says.
    fn describe(operation: &mut Operation<'_>);
}

macro_rules! documented {
    ($($input:ident),*) => {
        impl<F, Answer, $($input),*> Documented<(Answer, $($input,)*)> for F
        where
            F: Fn($($input),*) -> Answer,
            Answer: Future<Output: Output>,
            $($input: Input,)*
        {
            fn describe(operation: &mut Operation<'_>) {
                $($input::describe(operation);)*
                <Answer::Output as Output>::describe(operation);
            }
        }
    };
}

documented!();
documented!(A);
documented!(A, B);
documented!(A, B, C);
documented!(A, B, C, D);

// The state is ours.
impl Input for axum::extract::State<Context> {}

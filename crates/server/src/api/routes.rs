//! Paths with their handlers, and what the handlers' types say about them.
//!
//! A handler is an ordinary function for axum. [`Documented`] reads off its type what it takes and answers, so that the
//! description cannot tell anything else than the code.

use std::future::Future;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use super::document::{About, Document, Operation};

/// The paths of a version of an API whose handlers work with `S`.
pub(crate) struct Routes<S> {
    router: Router<S>,
    document: Document,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new(about: About) -> Self {
        Self { router: Router::new(), document: Document::new(about) }
    }

    /// Answers `GET`.
    pub(crate) fn get<H, T, A>(self, path: &str, summary: &str, handler: H) -> Self
    where
        H: Handler<T, S> + Documented<A>,
        T: 'static,
    {
        self.add::<H, A>("get", path, summary, routing::get(handler))
    }

    /// Answers `POST`.
    pub(crate) fn post<H, T, A>(self, path: &str, summary: &str, handler: H) -> Self
    where
        H: Handler<T, S> + Documented<A>,
        T: 'static,
    {
        self.add::<H, A>("post", path, summary, routing::post(handler))
    }

    /// Answers `PUT`.
    pub(crate) fn put<H, T, A>(self, path: &str, summary: &str, handler: H) -> Self
    where
        H: Handler<T, S> + Documented<A>,
        T: 'static,
    {
        self.add::<H, A>("put", path, summary, routing::put(handler))
    }

    /// Answers `DELETE`.
    pub(crate) fn delete<H, T, A>(self, path: &str, summary: &str, handler: H) -> Self
    where
        H: Handler<T, S> + Documented<A>,
        T: 'static,
    {
        self.add::<H, A>("delete", path, summary, routing::delete(handler))
    }

    fn add<H: Documented<A>, A>(
        mut self,
        method: &str,
        path: &str,
        summary: &str,
        route: MethodRouter<S>,
    ) -> Self {
        self.document.add(method, path, summary, H::describe);
        self.router = self.router.route(path, route);
        self
    }

    pub(crate) fn into_parts(self) -> (Router<S>, Document) {
        (self.router, self.document)
    }
}

/// An argument of a handler.
pub(crate) trait Input {
    /// Adds what it takes from the request.
    fn describe(_operation: &mut Operation<'_>) {}
}

/// What a handler answers.
pub(crate) trait Output {
    /// Adds what it answers.
    fn describe(operation: &mut Operation<'_>);
}

/// A handler whose arguments and answer are described.
pub(crate) trait Documented<Arguments> {
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
impl<S> Input for axum::extract::State<S> {}

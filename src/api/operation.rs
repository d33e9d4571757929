//! An operation as data.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Field, Place};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Get, Self::Post, Self::Put, Self::Delete];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// Where a field travels that the row does not know.
    pub const fn place_of_others(self) -> Place {
        match self {
            Self::Get | Self::Delete => Place::Query,
            Self::Post | Self::Put => Place::Body,
        }
    }
}

/// Whether the client's access token travels with the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Never, even when the client has one: a stale token would spoil the request.
    Never,
    /// When the client has one.
    Optional,
    /// Always; without one the operation is refused.
    Required,
}

/// Whether a request that may have been carried out already can be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// By the spec, the second time changes nothing.
    Harmless,
    /// The second time may do it twice, or fail although the first time succeeded.
    Unsafe,
}

/// One operation of the client-server API: a row of [`super::table`].
#[derive(Debug)]
pub struct Operation {
    /// The spec's operationId.
    pub id: &'static str,
    pub method: Method,
    /// From `/_matrix` or `/.well-known` on, with `{name}` for fields in the path.
    pub path: &'static str,
    pub auth: Auth,
    pub repeat: Repeat,
    pub params: &'static [Field],
    /// The fields of the answer that callers rely on; others may come and are kept.
    pub answer: &'static [Field],
}

/// An endpoint that the application describes itself: see [`super::custom`].
#[derive(Debug)]
pub struct Custom {
    pub method: Method,
    /// With `{name}` for fields; a query may follow.
    pub path: String,
    /// Method and path.
    pub id: String,
}

/// What a request is for.
#[derive(Clone, Debug)]
pub enum Row {
    Table(&'static Operation),
    /// Takes any field, and any answer of success.
    Custom(Arc<Custom>),
}

impl From<&'static Operation> for Row {
    fn from(operation: &'static Operation) -> Self {
        Self::Table(operation)
    }
}

impl Row {
    /// What messages and the log call it.
    pub fn id(&self) -> &str {
        match self {
            Self::Table(operation) => operation.id,
            Self::Custom(custom) => &custom.id,
        }
    }

    pub fn method(&self) -> Method {
        match self {
            Self::Table(operation) => operation.method,
            Self::Custom(custom) => custom.method,
        }
    }

    pub fn path(&self) -> Cow<'static, str> {
        match self {
            Self::Table(operation) => operation.path.into(),
            Self::Custom(custom) => custom.path.clone().into(),
        }
    }

    pub fn auth(&self) -> Auth {
        match self {
            Self::Table(operation) => operation.auth,
            Self::Custom(_) => Auth::Optional,
        }
    }

    pub fn repeat(&self) -> Repeat {
        match self {
            Self::Table(operation) => operation.repeat,
            Self::Custom(custom) if custom.method == Method::Get => Repeat::Harmless,
            Self::Custom(_) => Repeat::Unsafe,
        }
    }

    pub fn params(&self) -> &'static [Field] {
        match self {
            Self::Table(operation) => operation.params,
            Self::Custom(_) => &[],
        }
    }

    /// What the row says of a field.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.params().iter().find(|field| field.name == name)
    }

    pub fn answer(&self) -> &'static [Field] {
        match self {
            Self::Table(operation) => operation.answer,
            Self::Custom(_) => &[],
        }
    }

    pub fn is_custom(&self) -> bool {
        matches!(self, Self::Custom(_))
    }
}

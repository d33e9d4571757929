//! The operations, one row each, in the spec's words.

use Auth::{Never, Required};
use Field as F;
use Kind::{Boolean, ClientSecret, Email, Natural, NonEmpty, Object, Secret, Sid, Text, Uri};
use Method::{Get, Post};
use Repeat::{Harmless, Unsafe};

use super::{Auth, Field, Kind, Method, Operation, Repeat};

/// The row with this operationId.
pub fn find(id: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().copied().find(|operation| operation.id == id)
}

pub static OPERATIONS: &[&Operation] = &[
    &GET_WELLKNOWN,
    &GET_VERSIONS,
    &GET_AUTH_METADATA,
    &GET_LOGIN_FLOWS,
    &LOGIN,
    &LOGOUT,
    &GET_TOKEN_OWNER,
    &REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL,
];

pub static GET_WELLKNOWN: Operation = Operation {
    id: "getWellknown",
    method: Get,
    path: "/.well-known/matrix/client",
    auth: Never,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("m.homeserver", Object).required()],
};

pub static GET_VERSIONS: Operation = Operation {
    id: "getVersions",
    method: Get,
    path: "/_matrix/client/versions",
    auth: Auth::Optional,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("versions", Kind::Array).required()],
};

pub static GET_AUTH_METADATA: Operation = Operation {
    id: "getAuthMetadata",
    method: Get,
    path: "/_matrix/client/v1/auth_metadata",
    auth: Never,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("issuer", Uri).required(), F::body("account_management_uri", Uri)],
};

pub static GET_LOGIN_FLOWS: Operation = Operation {
    id: "getLoginFlows",
    method: Get,
    path: "/_matrix/client/v3/login",
    auth: Never,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("flows", Kind::Array)],
};

pub static LOGIN: Operation = Operation {
    id: "login",
    method: Post,
    path: "/_matrix/client/v3/login",
    auth: Never,
    repeat: Unsafe,
    params: &[
        F::body("type", NonEmpty).required(),
        F::body("identifier", Object),
        F::body("password", Secret),
        F::body("token", Secret),
        F::body("device_id", Text),
        F::body("initial_device_display_name", Text),
        F::body("refresh_token", Boolean),
        F::body("user", Text),
        F::body("medium", Text),
        F::body("address", Text),
    ],
    answer: &[
        F::body("access_token", Secret).required(),
        F::body("user_id", NonEmpty).required(),
        F::body("device_id", NonEmpty),
    ],
};

pub static LOGOUT: Operation = Operation {
    id: "logout",
    method: Post,
    path: "/_matrix/client/v3/logout",
    auth: Required,
    repeat: Unsafe,
    params: &[],
    answer: &[],
};

pub static GET_TOKEN_OWNER: Operation = Operation {
    id: "getTokenOwner",
    method: Get,
    path: "/_matrix/client/v3/account/whoami",
    auth: Required,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("user_id", NonEmpty).required(), F::body("device_id", NonEmpty)],
};

pub static REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL: Operation = Operation {
    id: "requestTokenToResetPasswordEmail",
    method: Post,
    path: "/_matrix/client/v3/account/password/email/requestToken",
    auth: Never,
    repeat: Harmless,
    params: &[
        F::body("client_secret", ClientSecret).required(),
        F::body("email", Email).required(),
        F::body("send_attempt", Natural).required(),
        F::body("next_link", Uri),
        F::body("id_access_token", Secret),
        F::body("id_server", NonEmpty).needs("id_access_token"),
    ],
    answer: &[F::body("sid", Sid).required(), F::body("submit_url", Uri)],
};

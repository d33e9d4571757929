//! The operations, one row each, in the spec's words.

use Auth::{Never, Optional, Required};
use Field as F;
use Kind::{
    Array, AuthData, Boolean, ClientSecret, Country, Email, Natural, NonEmpty, Object, Secret, Sid,
    Text, Uri,
};
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
    &GET_CAPABILITIES,
    &GET_LOGIN_FLOWS,
    &LOGIN,
    &LOGOUT,
    &GET_TOKEN_OWNER,
    &CHECK_USERNAME_AVAILABILITY,
    &REGISTER,
    &REQUEST_TOKEN_TO_REGISTER_EMAIL,
    &REQUEST_TOKEN_TO_REGISTER_MSISDN,
    &REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL,
    &REQUEST_TOKEN_TO_RESET_PASSWORD_MSISDN,
    &REQUEST_TOKEN_TO_3PID_EMAIL,
    &REQUEST_TOKEN_TO_3PID_MSISDN,
    &CHANGE_PASSWORD,
    &DEACTIVATE_ACCOUNT,
    &GET_ACCOUNT_3PIDS,
    &ADD_3PID,
    &BIND_3PID,
    &UNBIND_3PID_FROM_ACCOUNT,
    &DELETE_3PID_FROM_ACCOUNT,
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
    auth: Optional,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("versions", Array).required()],
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

pub static GET_CAPABILITIES: Operation = Operation {
    id: "getCapabilities",
    method: Get,
    path: "/_matrix/client/v3/capabilities",
    auth: Required,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("capabilities", Object).required()],
};

pub static GET_LOGIN_FLOWS: Operation = Operation {
    id: "getLoginFlows",
    method: Get,
    path: "/_matrix/client/v3/login",
    auth: Never,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("flows", Array)],
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

pub static CHECK_USERNAME_AVAILABILITY: Operation = Operation {
    id: "checkUsernameAvailability",
    method: Get,
    path: "/_matrix/client/v3/register/available",
    auth: Never,
    repeat: Harmless,
    params: &[F::query("username", NonEmpty).required()],
    answer: &[F::body("available", Boolean)],
};

pub static REGISTER: Operation = Operation {
    id: "register",
    method: Post,
    path: "/_matrix/client/v3/register",
    auth: Never,
    repeat: Unsafe,
    params: &[
        F::query("kind", NonEmpty),
        F::body("auth", AuthData),
        F::body("device_id", Text),
        F::body("inhibit_login", Boolean),
        F::body("initial_device_display_name", Text),
        F::body("password", Secret),
        F::body("refresh_token", Boolean),
        F::body("username", Text),
    ],
    answer: &[F::body("user_id", NonEmpty).required(), F::body("access_token", Secret)],
};

/// The answer that the six requests for a token share.
const VALIDATION: &[Field] = &[F::body("sid", Sid).required(), F::body("submit_url", Uri)];

const EMAIL_VALIDATION: &[Field] = &[
    F::body("client_secret", ClientSecret).required(),
    F::body("email", Email).required(),
    F::body("send_attempt", Natural).required(),
    F::body("next_link", Uri),
    F::body("id_access_token", Secret),
    F::body("id_server", NonEmpty).needs("id_access_token"),
];

const MSISDN_VALIDATION: &[Field] = &[
    F::body("client_secret", ClientSecret).required(),
    F::body("country", Country).required(),
    F::body("phone_number", NonEmpty).required(),
    F::body("send_attempt", Natural).required(),
    F::body("next_link", Uri),
    F::body("id_access_token", Secret),
    F::body("id_server", NonEmpty).needs("id_access_token"),
];

/// A request for a token: with the same send_attempt the server sends nothing twice.
const fn request_token(
    id: &'static str,
    path: &'static str,
    params: &'static [Field],
) -> Operation {
    Operation { id, method: Post, path, auth: Never, repeat: Harmless, params, answer: VALIDATION }
}

pub static REQUEST_TOKEN_TO_REGISTER_EMAIL: Operation = request_token(
    "requestTokenToRegisterEmail",
    "/_matrix/client/v3/register/email/requestToken",
    EMAIL_VALIDATION,
);

pub static REQUEST_TOKEN_TO_REGISTER_MSISDN: Operation = request_token(
    "requestTokenToRegisterMSISDN",
    "/_matrix/client/v3/register/msisdn/requestToken",
    MSISDN_VALIDATION,
);

pub static REQUEST_TOKEN_TO_RESET_PASSWORD_EMAIL: Operation = request_token(
    "requestTokenToResetPasswordEmail",
    "/_matrix/client/v3/account/password/email/requestToken",
    EMAIL_VALIDATION,
);

pub static REQUEST_TOKEN_TO_RESET_PASSWORD_MSISDN: Operation = request_token(
    "requestTokenToResetPasswordMSISDN",
    "/_matrix/client/v3/account/password/msisdn/requestToken",
    MSISDN_VALIDATION,
);

pub static REQUEST_TOKEN_TO_3PID_EMAIL: Operation = request_token(
    "requestTokenTo3PIDEmail",
    "/_matrix/client/v3/account/3pid/email/requestToken",
    EMAIL_VALIDATION,
);

pub static REQUEST_TOKEN_TO_3PID_MSISDN: Operation = request_token(
    "requestTokenTo3PIDMSISDN",
    "/_matrix/client/v3/account/3pid/msisdn/requestToken",
    MSISDN_VALIDATION,
);

pub static CHANGE_PASSWORD: Operation = Operation {
    id: "changePassword",
    method: Post,
    path: "/_matrix/client/v3/account/password",
    auth: Optional,
    repeat: Unsafe,
    params: &[
        F::body("new_password", Secret).required(),
        F::body("logout_devices", Boolean),
        F::body("auth", AuthData),
    ],
    answer: &[],
};

pub static DEACTIVATE_ACCOUNT: Operation = Operation {
    id: "deactivateAccount",
    method: Post,
    path: "/_matrix/client/v3/account/deactivate",
    auth: Optional,
    repeat: Unsafe,
    params: &[F::body("auth", AuthData), F::body("erase", Boolean), F::body("id_server", NonEmpty)],
    answer: &[F::body("id_server_unbind_result", NonEmpty).required()],
};

pub static GET_ACCOUNT_3PIDS: Operation = Operation {
    id: "getAccount3PIDs",
    method: Get,
    path: "/_matrix/client/v3/account/3pid",
    auth: Required,
    repeat: Harmless,
    params: &[],
    answer: &[F::body("threepids", Array)],
};

pub static ADD_3PID: Operation = Operation {
    id: "add3PID",
    method: Post,
    path: "/_matrix/client/v3/account/3pid/add",
    auth: Required,
    repeat: Unsafe,
    params: &[
        F::body("auth", AuthData),
        F::body("client_secret", ClientSecret).required(),
        F::body("sid", Sid).required(),
    ],
    answer: &[],
};

pub static BIND_3PID: Operation = Operation {
    id: "bind3PID",
    method: Post,
    path: "/_matrix/client/v3/account/3pid/bind",
    auth: Required,
    repeat: Unsafe,
    params: &[
        F::body("client_secret", ClientSecret).required(),
        F::body("id_access_token", Secret).required(),
        F::body("id_server", NonEmpty).required(),
        F::body("sid", Sid).required(),
    ],
    answer: &[],
};

pub static UNBIND_3PID_FROM_ACCOUNT: Operation = Operation {
    id: "unbind3pidFromAccount",
    method: Post,
    path: "/_matrix/client/v3/account/3pid/unbind",
    auth: Required,
    repeat: Unsafe,
    params: REMOVE_3PID,
    answer: &[F::body("id_server_unbind_result", NonEmpty).required()],
};

pub static DELETE_3PID_FROM_ACCOUNT: Operation = Operation {
    id: "delete3pidFromAccount",
    method: Post,
    path: "/_matrix/client/v3/account/3pid/delete",
    auth: Required,
    repeat: Unsafe,
    params: REMOVE_3PID,
    answer: &[F::body("id_server_unbind_result", NonEmpty).required()],
};

const REMOVE_3PID: &[Field] = &[
    F::body("address", NonEmpty).required(),
    F::body("id_server", NonEmpty),
    F::body("medium", NonEmpty).required(),
];

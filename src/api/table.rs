//! The operations, one row each, in the spec's words.

use Auth::{Never, Optional, Required};
use Field as F;
use Kind::{
    Array, AuthData, Boolean, ClientSecret, Country, Email, Natural, NonEmpty, Object, Page,
    Secret, Sid, Text, Uri,
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
    answer: &[
        F::body("issuer", Page).required(),
        F::body("account_management_uri", Page).may_be_empty(),
    ],
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
        F::body("device_id", Text),
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
    answer: &[F::body("user_id", NonEmpty).required(), F::body("device_id", Text)],
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
const VALIDATION: &[Field] =
    &[F::body("sid", Sid).required(), F::body("submit_url", Uri).may_be_empty()];

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Place;
    use std::collections::HashSet;

    #[test]
    fn every_row_has_an_id_of_its_own_and_is_found_by_it() {
        let ids: HashSet<_> = OPERATIONS.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), OPERATIONS.len());
        assert!(OPERATIONS.iter().all(|row| find(row.id).is_some_and(|found| found.id == row.id)));
        assert!(find("getEverything").is_none());
    }

    #[test]
    fn every_path_names_its_fields_and_no_others() {
        for row in OPERATIONS {
            assert!(
                row.path.starts_with("/_matrix/client/") || row.path.starts_with("/.well-known/"),
                "{}",
                row.path
            );
            let in_path: Vec<_> =
                row.params.iter().filter(|field| field.place == Place::Path).collect();
            assert_eq!(in_path.len(), row.path.matches('{').count(), "{}", row.id);
            for field in in_path {
                assert!(
                    row.path.contains(&format!("{{{}}}", field.name)),
                    "{}: {}",
                    row.id,
                    field.name
                );
            }
        }
    }

    #[test]
    fn every_field_stands_once_and_needs_only_what_exists() {
        for row in OPERATIONS {
            let names: HashSet<_> = row.params.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), row.params.len(), "{}", row.id);
            let needed = row.params.iter().filter_map(|field| field.needs);
            assert!(needed.into_iter().all(|other| names.contains(other)), "{}", row.id);
        }
    }

    #[test]
    fn every_field_of_an_answer_can_be_looked_for() {
        let most = crate::json::MOST_WANTED;
        assert!(OPERATIONS.iter().all(|row| row.answer.len() <= most));
    }

    #[test]
    fn a_get_has_no_body_and_is_harmless() {
        for row in OPERATIONS.iter().filter(|row| row.method == Get) {
            assert!(row.params.iter().all(|field| field.place != Place::Body), "{}", row.id);
            assert_eq!(row.repeat, Harmless, "{}", row.id);
        }
    }

    #[test]
    fn no_request_for_a_token_carries_an_access_token() {
        for row in OPERATIONS.iter().filter(|row| row.id.starts_with("requestToken")) {
            assert_eq!((row.auth, row.repeat), (Never, Harmless), "{}", row.id);
        }
    }
}
